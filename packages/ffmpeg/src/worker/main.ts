/**
 * A child process with FFmpeg inside: it is started by `WorkerProcess`, takes orders by IPC and reports by file
 * descriptor 3. A crash of native code in here ends one source, not the program.
 */
import { messageOf } from '@pinhole/core';
import type { PictureToEncode } from '../encode/encoder-options.ts';
import { type Av, loadAv } from './av.ts';
import { DemuxJob } from './demux-job.ts';
import { EncodeJob } from './encode-job.ts';
import { makeJpeg } from './jpeg-job.ts';
import { JpegStreamJob } from './jpeg-stream-job.ts';
import type { WorkerOrder } from './messages.ts';
import { Outlet } from './outlet.ts';

const REPORT_FD = 3;

const outlet = new Outlet(REPORT_FD);
let job: DemuxJob | undefined;
let encoding: EncodeJob | undefined;
let film: JpegStreamJob | undefined;

process.title = 'pinhole-ffmpeg';
// A parent that is gone cannot stop us any more.
process.on('disconnect', () => process.exit(0));

try {
  const av = await loadAv();
  process.on('message', (order) => {
    void obey(av, order as WorkerOrder);
  });
  outlet.send({ kind: 'ready' });
} catch (thrown) {
  outlet.send({ kind: 'not-loaded', why: messageOf(thrown) });
  await leave();
}

async function obey(av: Av, order: WorkerOrder): Promise<void> {
  switch (order.kind) {
    case 'demux':
      job = new DemuxJob(av, order.request, outlet);
      await job.run();
      await leave();
      return;
    case 'jpeg':
      try {
        outlet.send({ kind: 'jpeg', ...makeJpeg(av, order.units, order.options) });
      } catch (thrown) {
        outlet.send({ kind: 'failed', lines: [messageOf(thrown)] });
      }
      return;
    case 'jpegs':
      if (film) film.change({ ...order.options, framesPerSecond: order.framesPerSecond });
      else film = new JpegStreamJob(av, { ...order.options, framesPerSecond: order.framesPerSecond }, outlet);
      return;
    case 'show':
      film?.decode(order.unit);
      return;
    case 'encode':
      encoding = new EncodeJob(av, order.request, outlet);
      return;
    case 'picture':
      await encodeOrLeave(order.picture);
      return;
    case 'tuning':
      encoding?.tune(order.tuning);
      return;
    case 'key-frame':
      job?.requestKeyFrame();
      encoding?.requestKeyFrame();
      return;
    case 'stop':
      if (job === undefined) await leave();
      else job.stop();
  }
}

async function encodeOrLeave(picture: PictureToEncode): Promise<void> {
  try {
    await encoding?.encode(picture);
  } catch (thrown) {
    outlet.send({ kind: 'failed', lines: [messageOf(thrown)] });
    await leave();
  }
}

async function leave(): Promise<void> {
  await outlet.close();
  process.exit(0);
}
