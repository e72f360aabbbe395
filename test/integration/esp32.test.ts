import { type Micros, PinholeError, silentLogger } from '@pinhole/core';
import { Camera } from '@pinhole/engine';
import { createEsp32Source } from '@pinhole/sources/esp32';
import { describe, expect, it } from 'vitest';
import { Esp32Emulator } from '../support/esp32-emulator/index.ts';
import { setUpEsp32, timeCodeOf } from '../support/mjpeg-run.ts';
import { needs } from '../support/third-parties.ts';

const utcNow = (): Micros => Math.round((performance.timeOrigin + performance.now()) * 1000) as Micros;

describe('an ESP32', () => {
  it.for([
    ['the stock firmware', {}],
    ['Tasmota', { firmware: 'tasmota' }],
    ['ESPHome', { firmware: 'esphome', host: '127.0.0.40' }],
    ['another', { firmware: 'generic' }],
  ] as const)('with %s is found by its address alone', async ([, emulator], test) => {
    const { run, camera } = await setUpEsp32(test, { emulator });

    await run.morePictures(5);

    expect(camera.mostStreams).toBe(1);
    expect(run.source.describe()).toMatchObject({
      kind: 'esp32',
      jpeg: true,
      transcoding: expect.any(String),
    });
  });

  it('has one connection, however many watch', async (test) => {
    const camera = await new Esp32Emulator().open();
    const source = createEsp32Source({ url: `http://${camera.address}/` });
    const watched = new Camera({
      id: 'yard',
      source,
      now: utcNow,
      openAbort: () => new AbortController(),
      log: silentLogger,
    });
    test.onTestFinished(async () => {
      await watched.close();
      await camera.close();
    });
    const seen = [0, 0];
    const releases = seen.map((_, i) => {
      watched.pictures.events.on('picture', () => (seen[i] = (seen[i] ?? 0) + 1));
      return watched.acquire('pictures');
    });

    await expect.poll(() => Math.min(...seen), { timeout: 5_000 }).toBeGreaterThan(5);

    expect([camera.streams, camera.mostStreams]).toEqual([1, 1]);
    for (const release of releases) release();
  });

  it('that hangs is noticed, and is back when it is', async (test) => {
    const { run, camera } = await setUpEsp32(test);
    await run.morePictures(3);

    camera.freeze();
    await run.until(() => run.codes.includes('source/stalled'));
    camera.thaw();
    const before = run.pictures.length;
    await run.morePictures(3);

    expect(run.reasons).toContain('no picture for 600 ms');
    expect(run.source.counters.stalls).toBe(1);
    expect(run.pictures.slice(before - 1).map(({ sequence }) => sequence)).toEqual(
      run.pictures.slice(before - 1).map((_, i) => before - 1 + i),
    );
    expect(camera.mostStreams).toBe(1);
  });

  it('that starts anew is dated right and gets back what was set', async (test) => {
    const { run, camera } = await setUpEsp32(test, { source: { values: new Map([['brightness', 1]]) } });
    await run.until(() => camera.settings.get('brightness') === 1);
    await run.source.setControl('contrast', -2);
    await run.morePictures(5);

    camera.reboot({ downMs: 300 });
    await run.until(() => run.states.filter(({ kind }) => kind === 'live').length === 2);
    await run.until(() => camera.settings.get('brightness') === 1 && camera.settings.get('contrast') === -2);
    await run.morePictures(5);

    const ages = run.pictures.map(({ captureTime }, i) => (run.arrivals[i] ?? 0) - captureTime);
    expect(Math.min(...ages)).toBeGreaterThan(-1_000);
    expect(Math.max(...ages)).toBeLessThan(500_000);
  });

  it('is dated by its own clock, without drift and without the jitter of the way', async (test) => {
    const { run } = await setUpEsp32(test, { emulator: { driftPpm: 50, framesPerSecond: 30 } });
    await run.morePictures(60);

    const offs = run.pictures.slice(10).map((picture) => {
      const code = timeCodeOf(picture);
      return picture.captureTime - (code?.captureTime ?? Number.NaN);
    });
    // What is left is the same for all: drawing and the way.
    const spread = Math.max(...offs) - Math.min(...offs);
    expect(Number.isNaN(spread)).toBe(false);
    expect(spread).toBeLessThan(100_000);
  });

  it('never gets a second connection, not even where its source is stopped and started at once', async (test) => {
    const { run, camera } = await setUpEsp32(test);
    await run.morePictures(2);

    for (let i = 0; i < 4; i++) {
      run.abort();
      run.start();
      await new Promise((resolve) => setTimeout(resolve, 60));
    }
    await run.morePictures(3);

    expect(camera.mostStreams).toBe(1);
  });

  it('that a second camera of the configuration asks for is not shared behind its back', async (test) => {
    const { run, camera } = await setUpEsp32(test);
    await run.morePictures(1);
    const second = createEsp32Source({ url: `http://${camera.address}/` });
    const stop = new AbortController();
    const states: unknown[] = [];

    const ended = second.start(
      { write: () => {}, state: (state) => states.push(state) },
      { signal: stop.signal },
    );
    await expect.poll(() => states.length).toBeGreaterThan(1);
    stop.abort();
    await ended;

    expect(states).toContainEqual(
      expect.objectContaining({
        code: 'source/busy',
        why: expect.stringContaining('use that camera for both'),
      }),
    );
    expect(camera.mostStreams).toBe(1);
  });

  it('whose stream somebody else has says so', async (test) => {
    const camera = await new Esp32Emulator().open();
    const other = await fetch(camera.streamUrl);
    test.onTestFinished(async () => {
      await other.body?.cancel();
      await camera.close();
    });
    const { run } = await setUpEsp32(test, { source: { url: `http://${camera.address}/` } });

    await run.until(() => run.codes.length > 0);

    expect(run.reasons).toMatch(/one viewer at a time: close others/);
  });
});

describe('what can be changed of an ESP32', () => {
  const optionsOf = (
    controls: ReturnType<ReturnType<typeof createEsp32Source>['controls']>,
    id: string,
  ): string[] => {
    const control = controls.find((each) => each.id === id);
    return control?.kind === 'menu' ? control.options.map(({ value }) => value) : [];
  };

  it.for(['2018', '2020', '2024'] as const)(
    'is its size, in pixels, whatever the numbers mean in a driver of %s',
    async (age, test) => {
      const { run, camera } = await setUpEsp32(test, { emulator: { age } });
      await run.until(() => run.source.controlValues().get('size') === '320x240');
      await run.morePictures(4);

      for (const size of ['640x480', '160x120', '400x296']) {
        await run.source.setControl('size', size);
        const { width, height } = camera.settings.size;
        expect(`${width}x${height}`).toBe(size);
      }

      expect(optionsOf(run.source.controls(), 'size')).toContain('1600x1200');
      expect(optionsOf(run.source.controls(), 'size').includes('320x320')).toBe(age === '2024');
      expect(run.controlChanges).toBeGreaterThan(0);
    },
  );

  it('is what its status tells, with the ranges of its sensor, and vflip besides', async (test) => {
    const { run, camera } = await setUpEsp32(test, { emulator: { led: 'no-led' } });
    await run.until(() => run.source.controls().some(({ id }) => id === 'brightness'));

    const controls = new Map(run.source.controls().map((control) => [control.id, control]));
    await run.source.setControl('vflip', true);
    await run.source.setControl('awb', 'cloudy');

    expect(controls.get('brightness')).toMatchObject({ kind: 'range', min: -2, max: 2 });
    expect(controls.get('exposure-lines')).toMatchObject({
      inactive: expect.stringContaining('exposure-auto'),
    });
    expect(controls.has('led')).toBe(false);
    expect([camera.settings.get('vflip'), camera.settings.get('wb_mode')]).toEqual([1, 2]);
    expect(run.source.controlValues().get('awb')).toBe('cloudy');
  });

  it.for([
    ['brightness', 3, 'control/out-of-range', 'from -2 to 2'],
    ['awb', 'moon', 'control/out-of-range', 'auto, sunny'],
    ['vflip', 1, 'control/out-of-range', 'true or false'],
    ['size', '641x480', 'control/out-of-range', '640x480'],
    ['reg', 1, 'control/unknown', 'no control "reg"'],
  ] as const)('is refused in words: %s %s', async ([id, value, code, words], test) => {
    const { run, camera } = await setUpEsp32(test);
    await run.morePictures(4);

    const refused = await run.source.setControl(id, value).catch((thrown: unknown) => thrown);

    expect(refused).toBeInstanceOf(PinholeError);
    expect(refused).toMatchObject({ code, message: expect.stringContaining(words) });
    expect(camera.asked.filter((asked) => asked.includes('/control'))).toEqual([]);
  });

  it('is refused by the camera in words, too', async (test) => {
    const { run } = await setUpEsp32(test, {
      emulator: { answer: (path) => (path.startsWith('/control') ? 'HTTP/1.1 500 X\r\n\r\n' : undefined) },
    });
    await run.until(() => run.source.controls().some(({ id }) => id === 'brightness'));

    await expect(run.source.setControl('contrast', 1)).rejects.toMatchObject({
      code: 'control/refused',
      message: 'the camera refused contrast 1: its sensor does not take this value now',
    });
  });

  it('is by commands with Tasmota', async (test) => {
    const { run, camera } = await setUpEsp32(test, { emulator: { firmware: 'tasmota', age: '2020' } });
    await run.until(() => run.source.controls().some(({ id }) => id === 'brightness'));

    await run.source.setControl('hflip', true);
    await run.source.setControl('size', '640x480');

    const ofTheCamera = run.source.controls().filter(({ group }) => group !== 'Stream');
    expect(ofTheCamera.map(({ id }) => id)).toEqual(['size', 'brightness', 'hflip', 'vflip']);
    expect([camera.settings.get('hmirror'), camera.settings.size.width]).toEqual([1, 640]);
  });

  it('can be changed before anybody watches', async (test) => {
    const { run, camera } = await setUpEsp32(test);
    await run.stop();

    await run.source.setControl('saturation', 2);

    expect(camera.settings.get('saturation')).toBe(2);
  });
});

needs('ffmpeg').describe('H.264 of an ESP32', () => {
  it('is made while somebody wants it, and dated as its pictures', async (test) => {
    const { run } = await setUpEsp32(test, { kinds: ['pictures'] });
    await run.morePictures(5);
    expect(run.source.encoder).toBeUndefined();

    run.source.want(new Set(['units', 'pictures']));
    await run.until(() => run.units.length >= 10);
    run.source.want(new Set(['pictures']));
    await run.morePictures(3);
    const units = run.units.length;
    await run.morePictures(5);

    expect(run.units.length).toBe(units);
    expect(run.units[0]?.key).toBe(true);
    const taken = new Set(run.pictures.map(({ captureTime }) => captureTime));
    expect(run.units.every(({ captureTime }) => taken.has(captureTime))).toBe(true);
    expect(run.units.every(({ dts }, i) => i === 0 || dts > (run.units[i - 1]?.dts ?? 0))).toBe(true);
  });
});
