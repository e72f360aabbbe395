import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { chooseBackend, JpegDecoder, openDemuxer } from '@pinhole/ffmpeg';
import { expect, it } from 'vitest';
import { annexBOf, makeMp4 } from '../support/clip-file.ts';
import { needs } from '../support/third-parties.ts';

// Makes node-av installed but unloadable in every process started from here, as on a machine without a build of it.
const HOOK = `export async function resolve(specifier, context, next) {
  if (specifier.startsWith('node-av')) throw new Error('no build for this machine');
  return next(specifier, context);
}`;
const REGISTER = `import { register } from 'node:module'; register(${JSON.stringify(dataUrl(HOOK))});`;

function dataUrl(script: string): string {
  return `data:text/javascript,${encodeURIComponent(script)}`;
}

needs('node-av', 'ffmpeg').describe('where node-av does not load', () => {
  it('the ffmpeg command takes over, and node-av is not tried again', async () => {
    process.execArgv.push('--import', dataUrl(REGISTER));
    const folder = await mkdtemp(join(tmpdir(), 'pinhole-fallback-'));
    const mp4 = makeMp4(folder, 'clip.mp4', { seconds: 1 });
    const decoder = new JpegDecoder();
    let units = 0;

    expect(chooseBackend().kind).toBe('node-av');
    const demuxing = openDemuxer(
      { url: pathToFileURL(mp4).href },
      { opened: () => {}, write: () => units++, droppedBusy: () => {} },
      { signal: new AbortController().signal },
    );
    await demuxing.ended;
    const picture = await decoder.decode({ units: [annexBOf(mp4)], quality: 80 });
    await decoder.close();
    await rm(folder, { recursive: true });

    expect(demuxing.backend()).toBe('command');
    expect(units).toBe(30);
    expect(picture.width).toBe(320);
    expect(chooseBackend().kind).toBe('command');
    expect(() => chooseBackend({ backend: 'node-av' })).toThrowError(
      expect.objectContaining({
        code: 'ffmpeg/missing',
        message: expect.stringContaining('no build for this machine'),
      }),
    );
  });
});
