import { spawn } from 'node:child_process';
import { thirdParty } from '../third-parties.ts';

/** The real `ustreamer-dump`, while it reads a slot. */
export interface SlotDump {
  /** All that it wrote so far. */
  output(): Buffer;
  /** What it told on the side. */
  words(): string;
  /** Its exit code. */
  readonly ended: Promise<number | null>;
  stop(): Promise<number | null>;
}

/** Starts it. It ends by itself after `count` frames. */
export function dumpSlot(
  name: string,
  options: { readonly count: number; readonly format?: 'raw' | 'json' },
): SlotDump {
  const { count, format = 'raw' } = options;
  // It lies beside the program itself.
  const program = (thirdParty('ustreamer') ?? 'ustreamer').replace(/ustreamer$/, 'ustreamer-dump');
  const child = spawn(
    program,
    ['--sink', name, '--output', '-', '--count', String(count), ...(format === 'json' ? ['-j'] : [])],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  const parts: Buffer[] = [];
  let words = '';
  child.stdout.on('data', (part: Buffer) => parts.push(part));
  child.stderr.on('data', (part: Buffer) => (words += String(part)));
  const ended = new Promise<number | null>((resolve) => child.once('close', (code) => resolve(code)));
  return {
    output: () => Buffer.concat(parts),
    words: () => words,
    ended,
    stop: () => {
      child.kill('SIGTERM');
      return ended;
    },
  };
}
