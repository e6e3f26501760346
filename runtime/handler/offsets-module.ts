/** What a module exports that `offsets` names: positions that lie beside the data that handlers write. */
export interface OffsetsModule {
  /**
   * Called in a handler thread when the partition is assigned. Throws, or does not answer within 30 s: it is called again,
   * and the partition is not read before.
   * @returns the next offset to read: what the handler has saved, `event.offset + 1n`; null: what was committed to Kafka
   */
  load(of: {
    readonly group: string;
    readonly topic: string;
    readonly partition: number;
  }): number | bigint | null | Promise<number | bigint | null>;
}
