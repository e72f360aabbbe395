#!/usr/bin/env node
import { run } from './cli/run.ts';

const code = await run({
  words: process.argv.slice(2),
  env: process.env,
  print: (text) => void process.stdout.write(text),
  complain: (text) => void process.stderr.write(text),
});
if (code !== undefined) process.exitCode = code;
