import { expect, it } from 'vitest';
import { chooseBackend } from './backend.ts';

it('tells how to get FFmpeg where there is none', () => {
  expect(() => chooseBackend({ backend: 'command', command: '/nowhere/ffmpeg' })).toThrowError(
    expect.objectContaining({
      code: 'ffmpeg/missing',
      message: expect.stringMatching(/\/nowhere\/ffmpeg.*npm install node-av.*apt-get install ffmpeg/),
    }),
  );
});

it('takes the program that it is told to', () => {
  expect(chooseBackend({ backend: 'command', command: process.execPath })).toEqual({
    kind: 'command',
    path: process.execPath,
  });
});
