/**
 * Snappy and LZ4 from the WebAssembly module of `@platformatic/wasm-utils`, in an instance of our own. The library has
 * one instance for ever: bytes that do not decode make it trap, what it had taken by then is lost, and memory that one
 * large batch needed is never given back. So the instance is thrown away after a trap, and when it has grown large.
 *
 *   instance ── trap, or memory over `keptBytesMax` ──▶ none ── next call ──▶ instance (0.1 ms)
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

export type WasmCodec = 'lz4_compress' | 'lz4_decompress' | 'snappy_compress' | 'snappy_decompress';

/** Pointers and lengths are bytes in `memory`; a result is pointer << 32 | length. */
interface Exports extends Record<WasmCodec, (pointer: number, length: number) => bigint> {
  readonly memory: { readonly buffer: ArrayBuffer };
  alloc(length: number): number;
  dealloc(pointer: number, length: number): void;
}

/** What a batch of some megabytes needs, so that the usual ones never make a new instance. */
const keptBytesMax = 16 * 1024 * 1024;

// Only what is used of it: the compiler knows these types from the browser's library alone.
declare const WebAssembly: {
  Module: new (bytes: Uint8Array) => object;
  Instance: new (module: object) => { readonly exports: unknown };
};

let module: object | null = null;
let instance: Exports | null = null;

/** @returns new bytes @throws what WebAssembly throws for input that does not decode */
export function runWasm(codec: WasmCodec, input: Uint8Array): Buffer {
  const wasm = instance ?? instantiate();
  // Kept again only when all went well.
  instance = null;
  const pointer = wasm.alloc(input.length);
  new Uint8Array(wasm.memory.buffer, pointer, input.length).set(input);
  const result = wasm[codec](pointer, input.length);
  const at = Number(result >> 32n);
  const length = Number(BigInt.asUintN(32, result));
  const output = Buffer.from(new Uint8Array(wasm.memory.buffer, at, length));
  wasm.dealloc(at, length);
  wasm.dealloc(pointer, input.length);
  if (wasm.memory.buffer.byteLength <= keptBytesMax) instance = wasm;
  return output;
}

function instantiate(): Exports {
  module ??= new WebAssembly.Module(readFileSync(moduleFile()));
  return new WebAssembly.Instance(module).exports as Exports;
}

function moduleFile(): string {
  return join(dirname(createRequire(import.meta.url).resolve('@platformatic/wasm-utils')), 'native.wasm');
}
