#!/usr/bin/env node
import { run } from './cli/run.ts';

// `pinhole | head` closes the pipe; that is no reason to stop serving.
process.stdout.on('error', () => {});
// Nor is a log that nobody reads any more.
process.stderr.on('error', () => {});

const code = await run({
  words: process.argv.slice(2),
  env: process.env,
  print: (text) => void process.stdout.write(text),
  complain: (text) => void process.stderr.write(text),
});
if (code !== undefined) process.exitCode = code;
