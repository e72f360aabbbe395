/** Why a conversation with Janus ended. */
export type JanusFaultCode =
  /** No connection, or it broke. */
  | 'janus/unreachable'
  /** What answers at the address is no Janus, or one that talks too much. */
  | 'janus/no-janus'
  /** Secret or token are wrong or missing. */
  | 'janus/credentials'
  | 'janus/no-plugin'
  /** The plugin has no such stream. */
  | 'janus/no-stream'
  /** The plugin said 503 to the end of our patience. */
  | 'janus/not-ready'
  /** The plugin said yes, and no offer came. */
  | 'janus/no-offer'
  /** The plugin will not, in words of its own. */
  | 'janus/plugin-error'
  | 'janus/no-answer'
  | 'janus/session-gone'
  | 'janus/busy'
  | 'janus/refused';

/** What went wrong, for programs and for people. */
export interface JanusFault {
  readonly code: JanusFaultCode;
  /** No credentials in it. */
  readonly reason: string;
  /** `never`: the same again is refused again, until somebody changes something. */
  readonly again: 'later' | 'never';
}

/** A fault that time may heal. */
export const passing = (code: JanusFaultCode, reason: string): JanusFault => ({
  code,
  reason,
  again: 'later',
});

/** A fault that only a person heals. */
export const lasting = (code: JanusFaultCode, reason: string): JanusFault => ({
  code,
  reason,
  again: 'never',
});

/** The server's own words, as far as they may be shown: one line, not long. */
export const shown = (words: string): string => words.replaceAll(/[^\x20-\x7e]+/g, ' ').slice(0, 160);
