/** How each kind of fault is made. */
import type { KindName, Step } from './deck.ts';
import type { Field, Made } from './field.ts';
import { addPartition, blackHole, cut, longBlackHole, refuse, restartBroker } from './kafka-faults.ts';
import {
  cutWhileStopping,
  kill,
  killAndTerminate,
  longPause,
  restartStorm,
  rollingRestart,
  scaleDown,
  scaleUp,
  shortPause,
  terminate,
  terminateTwice,
} from './process-faults.ts';
import { failing, harmThreads, poison } from './record-faults.ts';

const faults: Readonly<Record<KindName, (field: Field, slot: number) => Promise<Made>>> = {
  kill,
  terminate,
  'terminate twice': terminateTwice,
  'kill and terminate': killAndTerminate,
  'short pause': shortPause,
  'long pause': longPause,
  'scale up': scaleUp,
  'scale down': scaleDown,
  'rolling restart': rollingRestart,
  'restart storm': restartStorm,
  'cut one': (field, slot) => cut(field, [slot]),
  'cut all': (field) => cut(field, field.fleet.taken),
  'cut while stopping': cutWhileStopping,
  refuse,
  'black hole': blackHole,
  'long black hole': longBlackHole,
  'broker restart': (field) => restartBroker(field, 'SIGTERM'),
  'broker kill': (field) => restartBroker(field, 'SIGKILL'),
  'partition added': addPartition,
  'thread exit': (field) => harmThreads(field, 'exit'),
  'out of memory': (field) => harmThreads(field, 'eatMemory'),
  hang: (field) => harmThreads(field, 'spin'),
  rejection: (field) => harmThreads(field, 'rejectLater'),
  'late throw': (field) => harmThreads(field, 'throwLater'),
  poison,
  failing,
};

export function makeFault(field: Field, { kind, slot }: Step): Promise<Made> {
  return faults[kind](field, slot);
}
