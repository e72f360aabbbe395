import { describe, expect, it } from 'vitest';
import { workerExecArgv } from './worker-process.ts';

describe('flags for the worker', () => {
  it('are ours in a build, without the debugger', () => {
    expect(workerExecArgv(['--inspect=9229', '--max-old-space-size=200'], '/dist/worker/main.js')).toEqual([
      '--max-old-space-size=200',
    ]);
  });

  it('are ours from source where these read TypeScript', () => {
    const flags = ['--conditions=@pinhole/source', '--import', 'tsx'];

    expect(workerExecArgv(flags, '/src/worker/main.ts')).toEqual(flags);
  });

  it('add what makes Node read TypeScript where a test runner does that itself', () => {
    const flags = workerExecArgv([], '/src/worker/main.ts');

    expect(flags.slice(0, 2)).toEqual(['--conditions=@pinhole/source', '--import']);
    expect(flags[2]).toMatch(/^file:.*tsx/);
  });
});
