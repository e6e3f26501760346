/**
 * Finds the foreign clients that the tests of this folder run. A machine without one skips its suite with one line that
 * says why; with REQUIRE_PEERS=1, as CI sets it, that is an error.
 *
 *   const kcat = await kcatPeer();
 *   describe.skipIf(kcat.missing)('…', () => { … kcat.value … });
 */
import { installKafka, kafkaSupport } from '../../../scripts/real/kafka-install.ts';
import { findKcat } from '../../../scripts/real/kcat.ts';
import { findPython, installPython } from '../../../scripts/real/python.ts';

export interface Peer {
  /** True when it is not on this machine; why was printed once for the test file. */
  readonly missing: boolean;
  /** What runs it: a path. Throws when `missing`. */
  readonly path: string;
}

/** The path of kcat. @throws with REQUIRE_PEERS=1, when there is none */
export function kcatPeer(): Promise<Peer> {
  return find('kcat', async () => {
    const path = await findKcat();
    if (path === null) throw new Error('no `kcat` on the path: install the package kcat');
    return path;
  });
}

/** The folder of Kafka's jars; `startJavaTool` knows it too. @throws with REQUIRE_PEERS=1, when there is no Java or Maven */
export function javaPeer(): Promise<Peer> {
  return find("Kafka's Java tools", async () => {
    const support = await kafkaSupport();
    if (support.kind === 'missing') throw new Error(support.reason);
    return installKafka();
  });
}

/** A Python with eventsource-py and aiokafka. @throws with REQUIRE_PEERS=1, when there is no Python 3.13 */
export function pythonPeer(): Promise<Peer> {
  return find('Python peers', async () => {
    if ((await findPython()) === null)
      throw new Error('no Python 3.13 or newer: install python3.13 with venv, or pyenv');
    return installPython();
  });
}

async function find(name: string, look: () => Promise<string>): Promise<Peer> {
  try {
    return { missing: false, path: await look() };
  } catch (error) {
    const reason = (error instanceof Error ? error.message : String(error)).split('\n')[0];
    if (process.env.REQUIRE_PEERS === '1') throw new Error(`REQUIRE_PEERS=1 asks for ${name}, but: ${reason}`);
    console.warn(`Tests with ${name} are skipped: ${reason}`);
    return {
      missing: true,
      get path(): string {
        throw new Error(`no ${name}: ${reason}`);
      },
    };
  }
}
