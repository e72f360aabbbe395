import { PinholeError } from '@pinhole/core';

/** One thing wrong with the configuration. */
export interface ConfigIssue {
  /** Where: `pinhole.yaml:7:3`, or the flag. */
  readonly at: string;
  /** The key path, e.g. `cameras.door.source`; empty when the file itself cannot be read. */
  readonly path: string;
  /** What is wrong, and what would be right. */
  readonly message: string;
  /** The value that was given, cut short; left out when it may hold a secret. */
  readonly value?: string;
}

/** A configuration that cannot be used. The message has one line an issue. */
export class ConfigError extends PinholeError<'config/invalid' | 'config/unreadable'> {
  override readonly name = 'ConfigError';
  readonly issues: readonly ConfigIssue[];

  constructor(
    code: 'config/invalid' | 'config/unreadable',
    issues: readonly ConfigIssue[],
    options?: { readonly cause?: unknown },
  ) {
    super(code, issues.map(line).join('\n'), options);
    this.issues = issues;
  }
}

function line({ at, path, message, value }: ConfigIssue): string {
  const subject = [path, value === undefined ? '' : path === '' ? value : `= ${value}`]
    .filter((part) => part !== '')
    .join(' ');
  return subject === '' ? `${at}: ${message}` : `${at}: ${subject}: ${message}`;
}
