/** Runtimes that are broken on purpose: each breaks a promise that the simulator must miss. */

export interface Mutant {
  readonly name: string;
  readonly edits: readonly { readonly file: string; readonly from: string; readonly to: string }[];
}

export const mutants: readonly Mutant[] = [
  {
    name: 'commit how many records are finished, not up to where',
    edits: [
      {
        file: 'commit/checkpoint.ts',
        from: 'this.#raise(set.firstOffset + prefix);',
        to: 'this.#raise(set.firstOffset + set.progress.readFinishedCount());',
      },
    ],
  },
  {
    name: 'commit a record set when it is handed over',
    edits: [{ file: 'commit/checkpoint.ts', from: 'this.#sets.push(set);', to: 'this.#raise(set.lastOffset + 1);' }],
  },
  {
    name: 'completions of an ended epoch count',
    edits: [
      { file: 'worker/delivery.ts', from: "if (this.#state !== 'running') return;", to: '' },
      { file: 'worker/open-sets.ts', from: 'if (set.released) return;', to: '' },
    ],
  },
  {
    name: 'drain and commit what was lost',
    edits: [
      {
        file: 'consumer/assignment.ts',
        from: 'this.#options.hooks.lost(opened);',
        to: "void this.#options.hooks.revoked(opened, 5_000, 'revoked');",
      },
      { file: 'consumer/offset-commits.ts', from: 'offsets.filter(current)', to: 'offsets' },
    ],
  },
  {
    name: 'drop a record whose dead letter is refused',
    edits: [
      {
        file: 'outcome/settle.ts',
        from: 'const delayMs = smaller === null',
        to: 'if (smaller === null) return;\n      const delayMs = smaller === null',
      },
    ],
  },
  {
    name: 'a dead letter counts before it is acknowledged',
    edits: [
      {
        file: 'dispatch/dispatcher.ts',
        from: 'const outcome = await this.#options.hooks.exhausted(report, flow.ended.signal);',
        to: "void this.#options.hooks.exhausted(report, flow.ended.signal);\n    const outcome: string = 'settled';",
      },
    ],
  },
  {
    name: 'give up one attempt too early',
    edits: [
      {
        file: 'worker/partition-runner.ts',
        from: 'delivery.attempt = deaths + 1;',
        to: 'delivery.attempt = deaths + 2;',
      },
    ],
  },
  {
    name: 'forget after the death of a thread what was finished',
    edits: [
      {
        file: 'commit/tracked-partitions.ts',
        from: 'return { checkpoint, finished };',
        to: 'return { checkpoint, finished: [] };',
      },
    ],
  },
  {
    name: 'open a partition again while its handlers run',
    edits: [
      {
        file: 'worker/partition-runner.ts',
        from: 'if (this.#former.working) return true;',
        to: '',
      },
    ],
  },
  {
    name: 'a record that waits for its retry lets its key go',
    edits: [
      {
        file: 'worker/deliveries.ts',
        from: 'const { attempt } = delivery;',
        to: 'const { attempt } = delivery;\n    if (delivery.lane !== null) this.#lanes.delete(delivery.lane.key);',
      },
    ],
  },
  {
    name: 'commit while another commit is under way',
    edits: [
      { file: 'commit/committer.ts', from: 'if (this.#sending !== null) return;', to: '' },
      { file: 'consumer/offset-commits.ts', from: 'this.#turn = reply.catch(() => {});', to: '' },
    ],
  },
  {
    name: 'look at no commit but those of its own partitions for what the topic was',
    edits: [
      {
        file: 'consumer/positions.ts',
        from: "if (from === 'latest' && !(await this.#askOthers(open))) return;",
        to: '',
      },
    ],
  },
  {
    name: 'look for the end again, whoever opens the partition next',
    edits: [
      {
        file: 'consumer/positions.ts',
        from: "if (from === 'latest' && !(await this.#keep(found, begins))) return;",
        to: '',
      },
    ],
  },
  {
    name: 'a commit whose answer was lost counts as made',
    edits: [
      {
        file: 'consumer/offset-commits.ts',
        from: "if (error.retryable) return { kind: 'retry', reason: error.message };",
        to: "if (error.retryable) return { kind: 'committed' };",
      },
    ],
  },
  {
    name: 'fetch without looking for room',
    edits: [{ file: 'dispatch/dispatcher.ts', from: 'return this.#room.hasRoom(flows);', to: 'return true;' }],
  },
  {
    name: 'a thread that did not start counts as another death',
    edits: [
      {
        file: 'dispatch/dispatcher.ts',
        from: 'notStarted: (slot, reason) => this.#tellDeath(slot, reason)',
        to: 'notStarted: (slot) => this.#died(slot, null)',
      },
    ],
  },
  {
    name: 'do not look for threads that hang',
    edits: [{ file: 'dispatch/threads.ts', from: 'this.#watchdog.watch();', to: '' }],
  },
  {
    name: 'commit after looking for the coordinator, whatever was lost meanwhile',
    edits: [{ file: 'consumer/offset-commits.ts', from: 'await coordinator.find();', to: '' }],
  },
  {
    name: 'begin anew where Kafka does not say what was committed',
    edits: [
      {
        file: 'consumer/positions.ts',
        from: 'if (this.#coordinatorRefused(answer.errorCode)) return offsets;',
        to: 'if (this.#coordinatorRefused(answer.errorCode))\n      return new Map(partitions.map((one) => [partitionKey(one), -1]));',
      },
    ],
  },
  {
    name: 'commit before the drain, not after it',
    edits: [
      {
        file: 'supervisor/group-runner.ts',
        from: 'const finished = await dispatch.drain(partitions, budgetMs, reason);\n      await commit.flush(partitions);',
        to: 'await commit.flush(partitions);\n      const finished = await dispatch.drain(partitions, budgetMs, reason);',
      },
    ],
  },
  {
    name: 'dead-letter a record that succeeds in its last attempt',
    edits: [
      {
        file: 'worker/delivery.ts',
        from: 'const failure = this.#failure;',
        to: `const over = { kind: 'thrown', error: { name: 'Error', message: '', code: null, stack: null, classes: [], delayMs: null } } as const;
    const failure = this.#failure ?? (this.attempt > this.#host.limits.maxRetries ? over : null);`,
      },
    ],
  },
  {
    name: 'tell twice that a record is given up',
    edits: [
      {
        file: 'dispatch/dispatcher.ts',
        from: 'void this.#exhausted(slot, message);',
        to: 'void this.#exhausted(slot, message);\n        void this.#exhausted(slot, message);',
      },
    ],
  },
  {
    name: 'an aborted call cannot read its record any more',
    edits: [{ file: 'worker/set-run.ts', from: 'this.emptied = answer.bytes !== null;', to: 'this.emptied = true;' }],
  },
  {
    name: 'keep a thread whose handler does not settle after its abort',
    edits: [
      {
        file: 'worker/running-calls.ts',
        from: "this.services.post({ kind: 'tainted', reason, blame: placeOf(call.event) });",
        to: '',
      },
    ],
  },
  {
    name: 'go on for ever beyond a record that is stuck',
    edits: [{ file: 'dispatch/room.ts', from: ' || uncommitted >= maxUncommitted', to: '' }],
  },
  {
    name: 'leave threads running after the end',
    edits: [{ file: 'dispatch/dispatcher.ts', from: 'await this.#threads.stop();', to: '' }],
  },
  {
    name: 'a member that waits for records does not hear of the stop',
    edits: [
      { file: 'consumer/consumer.ts', from: 'const end = (): void => this.#queue.end();', to: 'const end = () => {};' },
    ],
  },
  {
    name: 'a commit that meets a rebalance ends the group',
    edits: [
      {
        file: 'consumer/error-actions.ts',
        from: "[k.REBALANCE_IN_PROGRESS]: 'drain',\n    [k.STALE_MEMBER_EPOCH]: 'stale',",
        to: "[-2]: 'drain',\n    [k.STALE_MEMBER_EPOCH]: 'stale',",
      },
    ],
  },
  {
    name: 'tell the broker that a partition is given up before it is finished (KIP-848)',
    edits: [
      {
        file: 'consumer/reconciler.ts',
        from: 'for (const key of keys) this.#revoking.add(key);',
        to: 'for (const key of keys) this.#owned.delete(key);\n    this.#options.changed();',
      },
    ],
  },
  {
    name: 'use a sequence again that an unanswered batch may have used',
    edits: [
      {
        file: 'publisher/partition-queue.ts',
        from: 'if (maybeWritten) this.renew();\n    else this.#nextSequence',
        to: 'this.#nextSequence',
      },
    ],
  },
  {
    name: 'a partition that moves is dealt out before its owner has given it up',
    edits: [
      {
        file: 'consumer/sticky-assignor.ts',
        from: 'return claim === undefined || claim.owner === member;',
        to: 'return claim !== null || member !== null;',
      },
    ],
  },
  {
    name: 'a member that was dropped while it joined keeps what it held',
    edits: [
      {
        file: 'consumer/joining.ts',
        from: 'if (round.over !== null) applicant.lost',
        to: "if (round.over === 'lost') applicant.lost",
      },
    ],
  },
  {
    name: 'records do not wait for onAssigned',
    edits: [{ file: 'worker/partition-runner.ts', from: 'if (this.#life?.ready === false) return true;', to: '' }],
  },
  {
    name: 'onRevoked while handlers run',
    edits: [{ file: 'worker/partition-life.ts', from: 'await quiet();', to: '' }],
  },
  {
    name: 'onAssigned while the epoch before is being revoked',
    edits: [{ file: 'worker/partition-life.ts', from: 'await before;', to: '' }],
  },
  {
    name: 'a drain that does not wait for onRevoked',
    edits: [{ file: 'dispatch/dispatcher.ts', from: 'flow.followed = true;', to: '' }],
  },
  {
    name: 'commit what the fastest of the threads has done that share a partition',
    edits: [
      {
        file: 'commit/tracked-partitions.ts',
        from: 'lowest = Math.min(lowest, checkpoint.read());',
        to: 'lowest = Math.max(lowest === Number.POSITIVE_INFINITY ? 0 : lowest, checkpoint.read());',
      },
    ],
  },
  {
    name: 'share a partition by offsets instead of lanes',
    edits: [
      {
        file: 'worker/own-share.ts',
        from: 'return (key, offset) => (key === null',
        to: 'return (key, offset) => (true',
      },
    ],
  },
  {
    name: 'read a partition again from where one share needs it, whatever another one lacks',
    edits: [
      {
        file: 'supervisor/group-runner.ts',
        from: 'consumer.reopen(share, shares.position(share));',
        to: 'consumer.reopen(share, left.checkpoint);',
      },
    ],
  },
  {
    name: 'give a share again what it has, when another one is read again',
    edits: [
      {
        file: 'supervisor/shares.ts',
        from: 'const firstOffset = Math.max(set.firstOffset, next);',
        to: 'const { firstOffset } = set;',
      },
    ],
  },
];
