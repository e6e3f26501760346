/**
 * What one benchmark is. Each file in `workloads/` is one: what a record holds, what the handler does with it
 * (`handlers/<handlers>.ts`, one file for our form of it and for that of the peers), who takes part, what is to be
 * reached. How it is run: `run-workload.ts`.
 */
import type { ContenderName } from './contenders/all.ts';

export interface Workload {
  /** As `--only` takes it. */
  readonly name: string;
  /** One line above the table. */
  readonly title: string;
  /** Sentences: what the figures say, and what they do not. */
  readonly says: string;
  /** All records are in one of the partitions. */
  readonly hot?: boolean;
  /** Handled by each contender; `--records` replaces it. */
  readonly records: number;
  readonly load: Load;
  /** Names `handlers/<it>.ts` and `manifests/<it>.yaml`. */
  readonly handlers: string;
  /** Handlers that may run at once, for contenders that can; ours has it in its manifest. */
  readonly atOnce?: number;
  /** Consumer groups in one process, each of which handles all records. Default 1. */
  readonly groups?: number;
  /** Handlers publish: a topic is made for that, whose name is in BENCH_OUT. */
  readonly publishes?: boolean;
  /** The clock starts with the first record: becoming a member, sharing, compiling are what is measured. */
  readonly cold?: boolean;
  /** The first one is this runtime. */
  readonly contenders: readonly Entry[];
  /** Of the first contender, on Apache Kafka. */
  readonly target?: Target;
}

export type Load =
  /** All records are there before a contender starts. */
  | { readonly kind: 'backlog'; readonly value: ValueOf }
  /** A producer of its own writes so many records per second, once the contender has joined. */
  | { readonly kind: 'paced'; readonly perSecond: number }
  /** No consumer at all: a client writes all records and reads them back; contenders are brokers. */
  | { readonly kind: 'broker'; readonly value: ValueOf };

/** The value of a record, by the number of its key in its partition: `keysPerPartition` of them come in turn. */
export type ValueOf = (key: number) => Buffer;

export interface Entry {
  readonly contender: ContenderName;
  /** For the runtime: another manifest than that of the workload. */
  readonly manifest?: string;
  /** Processes of one group that share the records. Default 1. */
  readonly processes?: number;
  /** Gets only this part of the records: one that would take minutes for all. Rates are per second all the same. */
  readonly part?: number;
}

/** Times milliseconds; `ratio` is against raw kafkajs `eachBatch` in the same run. */
export interface Target {
  readonly perSecond?: number;
  readonly ratio?: number;
  readonly p50Ms?: number;
  readonly p99Ms?: number;
}

export const partitions = 6;
export const keysPerPartition = 1_667; // 10,000 keys in all

/** The share of the records that is handled before the clock starts, for every contender: code is compiled by then. */
export const warmUpShare = 0.2;
