import type { RtspSourceOptions } from '@pinhole/sources/rtsp';
import type { TestContext } from 'vitest';
import { h264Fixture } from './h264-fixture.ts';
import { RtspRun } from './rtsp-run.ts';
import { type RtspScript, ScriptedRtspCamera } from './scripted-rtsp-camera.ts';

const stream = h264Fixture('baseline');
/** Where FFmpeg would be taken, it is not there: what it is asked for shows as the failure. */
const NO_FFMPEG = { backend: 'command', command: '/nowhere/ffmpeg' } as const;

/** What differs from a tame camera and a source without wishes. */
export type RtspSetup = Partial<RtspScript> & {
  readonly source?: Partial<RtspSourceOptions>;
  readonly userInfo?: string;
};

/** A camera of its own and a source that runs, until the test is over. */
export async function setUpRtsp({ onTestFinished }: TestContext, { source, userInfo, ...script }: RtspSetup) {
  const camera = await new ScriptedRtspCamera({ stream, ...script }).open();
  const run = new RtspRun({ url: camera.url('/live', userInfo), ffmpeg: NO_FFMPEG, ...source });
  onTestFinished(async () => {
    await run.stop();
    await camera.close();
  });
  return { camera, run };
}
