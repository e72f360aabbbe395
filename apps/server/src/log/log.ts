import type { LogFields, Logger } from '@pinhole/core';
import { pino } from 'pino';
import { scrub, scrubText } from './scrub.ts';
import { textLine } from './text-lines.ts';

/** How much is written: a level and all above it. */
export const LOG_LEVELS = ['debug', 'info', 'warn', 'error', 'silent'] as const;
/** One of {@link LOG_LEVELS}. */
export type LogLevel = (typeof LOG_LEVELS)[number];

/** Where and how lines are written. */
export interface LogOptions {
  readonly level: LogLevel;
  /** JSON for programs, text for people. */
  readonly format?: 'json' | 'text';
  /** Takes each line, newline included; standard error when left out. */
  readonly write?: (line: string) => void;
}

/** A logger that writes one line an event and takes every secret out of it first. */
export function createLog(options: LogOptions): Logger {
  const write = options.write ?? ((line: string) => void process.stderr.write(line));
  const toLine = options.format === 'text' ? textLine : (line: string) => line;
  const lines = pino(
    {
      level: options.level,
      base: null,
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
    },
    { write: (line: string) => write(toLine(line)) },
  );
  return loggerOf(lines, {});
}

type Lines = Record<'debug' | 'info' | 'warn' | 'error', (fields: object, message: string) => void> & {
  readonly isLevelEnabled: (level: string) => boolean;
};

function loggerOf(lines: Lines, bound: LogFields): Logger {
  const at = (level: 'debug' | 'info' | 'warn' | 'error') => (fields: LogFields, message: string) => {
    if (!lines.isLevelEnabled(level)) return;
    lines[level](scrub({ ...bound, ...fields }) as object, scrubText(message));
  };
  return {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    child: (fields) => loggerOf(lines, { ...bound, ...fields }),
  };
}
