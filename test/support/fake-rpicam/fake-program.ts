import { existsSync } from 'node:fs';
import { FakeControl } from './fake-control.ts';
import { readLibcameraOptions, readRaspividOptions } from './fake-options.ts';
import { cameraListing, helpOf } from './fake-texts.ts';
import { FlagError } from './flag-tables.ts';
import { streamPictures } from './stream-pictures.ts';

/**
 * Stands in for `rpicam-vid`, `libcamera-vid` and `raspivid`, as whichever it is called. It takes the flags that the real
 * one takes and complains as that does about others, and writes real H.264 of test pictures with clock and time code.
 *
 * How to use it: put `test/support/fake-rpicam/bin` first in PATH (`withFakeRpicam` in `fake-rpicam.ts` does), or name
 * one of its programs with `?command=`. These variables change what it is:
 *
 *     FAKE_RPICAM_FOLDER   a folder of yours through which it is ruled, and where it tells what happened:
 *                            starts.jsonl    one line a start: { name, pid, words }
 *                            none            exists: no camera is connected
 *                            busy            exists: another program has the camera
 *                            hang            exists: no pictures come, though it runs
 *                            crash           exists: it dies with the next picture, and takes the file away
 *                          Without it nothing can be ruled, and two programs may have one camera.
 *     FAKE_RPICAM_MODEL    pi4 (default): has an encoder, tells time stamps. pi5: x264 by ffmpeg, four slices a
 *                          picture with --low-latency, no time stamps. old: neither --save-pts nor --low-latency.
 *     FAKE_RPICAM_START_MS how long it takes before the first picture, besides its own start (default 100)
 *     FAKE_RPICAM_ENCODE_MS from a picture's capture to its bytes (default 10)
 *     FAKE_RPICAM_NO_STAMPS any value: the file of time stamps stays empty, as with some versions
 *
 * The frame number in a picture counts frames since 1970 at its rate, so it goes on rising when the program is restarted.
 */
async function main([name = 'rpicam-vid', ...words]: readonly string[]): Promise<number> {
  const control = new FakeControl();
  const model = control.model;
  const isRaspivid = name === 'raspivid';
  if (words.includes(isRaspivid ? '-?' : '--help')) {
    process.stdout.write(helpOf(name, model));
    return 0;
  }
  if (words.includes('--list-cameras')) {
    process.stdout.write(control.is('none') ? 'No cameras available!\n' : cameraListing());
    return 0;
  }
  const options = isRaspivid ? readRaspividOptions(words) : readLibcameraOptions(words, model);
  control.tellStart({ name, words });
  if (control.is('none') || options.camera > 1) {
    complain(
      isRaspivid,
      'no cameras available',
      'Camera is not detected. Please check carefully the camera module is installed correctly',
    );
    return isRaspivid ? 70 : 255;
  }
  if (control.is('busy') || !control.lock(options.camera)) {
    if (!isRaspivid)
      process.stderr.write(
        '[0:19:06.419783286] [2746]  INFO Camera camera.cpp:839 Pipeline handler in use by another process\n',
      );
    complain(
      isRaspivid,
      'failed to acquire camera /base/soc/i2c0mux/i2c@1/imx708@1a',
      'mmal_vc_component_enable: failed to enable component: ENOSPC',
    );
    return isRaspivid ? 70 : 255;
  }
  process.on('exit', () => control.unlock(options.camera));
  process.stderr.write(
    '[0:00:52.077980292] [981]  INFO Camera camera_manager.cpp:299 libcamera v0.3.2+99-1230f78d\n',
  );
  const why = await streamPictures(options, control);
  if (why === 'crash') complain(isRaspivid, 'failed to queue request', 'Aborted');
  return why === 'crash' ? 255 : 0;
}

function complain(isRaspivid: boolean, libcamera: string, mmal: string): void {
  process.stderr.write(isRaspivid ? `mmal: ${mmal}\n` : `ERROR: *** ${libcamera} ***\n`);
}

try {
  if (!existsSync('/proc/self')) throw new Error('this fake needs Linux');
  process.exitCode = await main(process.argv.slice(2));
} catch (thrown) {
  if (!(thrown instanceof FlagError)) throw thrown;
  process.stderr.write(`${thrown.message}\n`);
  process.exitCode = thrown.exitCode;
}
process.exit();
