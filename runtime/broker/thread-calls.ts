/** What the thread of an embedded broker is told and what it tells back: plain data, one reply per call. */
import type { ErrorCode } from '../core/errors.ts';
import type { BrokerOptions } from './broker.ts';
import type { ControlAction } from './controls.ts';
import type { Address } from './server.ts';

/** Clock and randomness are the system's own in the thread, as neither can be handed over. */
export type ThreadOptions = Omit<BrokerOptions, 'clock' | 'random'>;

export type Call =
  | { readonly kind: 'next'; readonly api: string; readonly actions: readonly ControlAction[] }
  | { readonly kind: 'clear' }
  | { readonly kind: 'served'; readonly api: string }
  | { readonly kind: 'stop' }
  | { readonly kind: 'restart' }
  | { readonly kind: 'close' };

export interface NumberedCall {
  readonly id: number;
  readonly call: Call;
}

export interface Failure {
  readonly code: ErrorCode;
  readonly message: string;
}

export type ThreadReply =
  /** The first one. */
  | { readonly kind: 'listening'; readonly address: Address }
  | { readonly kind: 'refused'; readonly failure: Failure }
  | { readonly kind: 'done'; readonly id: number; readonly result: number | null }
  | { readonly kind: 'failed'; readonly id: number; readonly failure: Failure };
