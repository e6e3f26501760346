/**
 * Keeps V8 from compiling WebAssembly's calls into JavaScript once more when they are hot. Node strips types with
 * WebAssembly, in every thread that loads TypeScript, and threads that compile such a wrapper at the same time can end
 * the whole process: V8's list of code pages is wrong then, and it aborts with SIGTRAP
 * (`UnregisterWasmAllocation`, nodejs/node#64500; seen with Node 24.21 about once in two thousand threads).
 *
 * Imported by whatever starts threads: the flag counts for the process, from the next instance of a module on. The
 * wrappers then stay in their first, general form, which costs a little time in the calls that Node's loader makes.
 */
import { setFlagsFromString } from 'node:v8';

const never = 1_000_000_000; // calls until a wrapper is compiled again; V8's default is 1000

setFlagsFromString(`--wasm-wrapper-tiering-budget=${never}`);
