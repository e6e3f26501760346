/** Where the HTTP endpoints get their answers: the program gives them, `http/` only carries them. */
export interface Reports {
  /** Is it alive? `body` says what is wrong and with which group. */
  health(): { readonly healthy: boolean; readonly body: object };
  /** Every group has joined and none drains. */
  ready(): boolean;
  stats(): object;
  metrics(): Promise<{ readonly contentType: string; readonly text: string }>;
}
