/** Structured facts of one log line. Never a secret: no token, no password, no URL that carries either. */
export type LogFields = Readonly<Record<string, unknown>>;

/**
 * Where the program writes what happened. `error`: a user sees a failure · `warn`: an anomaly we recovered from ·
 * `info`: one line per lifecycle transition · `debug`: the rest. What happens per frame is a counter, not a line.
 */
export interface Logger {
  debug(fields: LogFields, message: string): void;
  info(fields: LogFields, message: string): void;
  warn(fields: LogFields, message: string): void;
  error(fields: LogFields, message: string): void;
  /** A logger whose every line carries `fields` too. */
  child(fields: LogFields): Logger;
}

/** Writes nothing. */
export const silentLogger: Logger = {
  debug: () => {},
  info: () => {},
  warn: () => {},
  error: () => {},
  child: () => silentLogger,
};
