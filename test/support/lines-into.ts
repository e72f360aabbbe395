import type { LogFields, Logger } from '@pinhole/core';

/** A log that a test can read. */
export const linesInto = (lines: string[]): Logger => {
  const write = (fields: LogFields, message: string): void => {
    lines.push(`${message} ${JSON.stringify(fields)}`);
  };
  const logger: Logger = { debug: write, info: write, warn: write, error: write, child: () => logger };
  return logger;
};
