import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LiveRig } from '../support/live-rig.ts';

let rig: LiveRig;

beforeEach(async () => {
  rig = new LiveRig();
  await rig.listen();
});

afterEach(() => rig.close());

describe('a viewer', () => {
  it('is greeted, starts the idle camera, and gets the config before the first picture', async () => {
    const viewer = await rig.open();
    expect(rig.source.running).toBe(true);
    rig.source.state({ kind: 'live' });
    rig.source.frame({ key: true });
    rig.source.frame({ key: false });

    await expect.poll(() => viewer.frames).toHaveLength(2);
    expect(viewer.socket.protocol).toBe('pinhole.live.v1');
    expect(viewer.order).toEqual(['hello', 'status', 'status', 'config', 'frame', 'frame']);
    expect(viewer.text('hello')).toMatchObject({
      camera: 'door',
      serverTimeUs: expect.any(Number) as number,
    });
    expect(viewer.text('config')).toEqual({
      type: 'config',
      codec: 'avc1.42c00a',
      width: 64,
      height: 48,
      bFrames: false,
    });
    expect(viewer.frames[0]).toMatchObject({ key: true, discontinuity: false, catchUp: false, sequence: 0 });
    expect(viewer.frames[1]).toMatchObject({ key: false, sequence: 1 });
  });

  it('that comes late gets the cached GOP first, marked as catching up, and the live edge after it', async () => {
    await rig.open();
    rig.source.frame({ key: true });
    rig.frames(3);
    const late = await rig.open();

    await expect.poll(() => late.frames).toHaveLength(4);
    rig.source.frame({ key: false });
    await expect.poll(() => late.frames).toHaveLength(5);

    expect(late.frames.map(({ catchUp }) => catchUp)).toEqual([true, true, true, false, false]);
    expect(late.frames.map(({ sequence }) => sequence)).toEqual([0, 1, 2, 3, 4]);
    expect(late.frames[0]?.payload.subarray(0, 5)).toEqual(Uint8Array.of(0, 0, 0, 1, 0x67));
    expect(late.text('hello')).toMatchObject({ codec: 'avc1.42c00a', width: 64, height: 48 });
  });

  it('learns each second and at each change what the camera does', async () => {
    const viewer = await rig.open();
    rig.source.state({ kind: 'failed', code: 'source/refused', why: 'wrong password' });

    await expect
      .poll(() => viewer.text('status')?.source)
      .toEqual({ kind: 'failed', code: 'source/refused', why: 'wrong password' });
    const told = viewer.texts.length;
    await expect.poll(() => viewer.texts.length, { timeout: 3_000 }).toBeGreaterThan(told);
  });

  it('answers the ping of a WebSocket with its mark', async () => {
    const viewer = await rig.open();
    const pong = once(viewer.socket, 'pong');
    viewer.socket.ping('a mark');

    expect((await pong).map(String)).toEqual(['a mark']);
  });

  it('sets its clock by ping and pong', async () => {
    const viewer = await rig.open();
    viewer.say({ type: 'ping', clientTimeMs: 12.5 });

    await expect.poll(() => viewer.text('pong')).toMatchObject({ clientTimeMs: 12.5 });
  });

  it('that pauses gets nothing, and after resume starts at the GOP in force', async () => {
    const viewer = await rig.open();
    rig.source.frame({ key: true });
    await expect.poll(() => viewer.frames).toHaveLength(1);
    viewer.say({ type: 'pause' });
    viewer.say({ type: 'ping', clientTimeMs: 1 });
    await expect.poll(() => viewer.text('pong')).toBeDefined();

    rig.frames(2);
    rig.source.frame({ key: true });
    viewer.say({ type: 'resume' });
    await expect.poll(() => viewer.frames).toHaveLength(2);

    expect(viewer.frames[1]).toMatchObject({ key: true, discontinuity: true, sequence: 3 });
  });

  it('can ask for a key frame, once a second', async () => {
    const viewer = await rig.open();
    rig.source.frame({ key: true });
    rig.clockOffset += 1_000_000;
    const before = rig.source.keyFramesRequested;
    for (let i = 0; i < 5; i++) viewer.say({ type: 'key-frame' });
    viewer.say({ type: 'ping', clientTimeMs: 1 });
    await expect.poll(() => viewer.text('pong')).toBeDefined();

    expect(rig.source.keyFramesRequested - before).toBe(1);
    expect(rig.endpoint.counters.keyFrameRequestsIgnored).toBe(3);
  });

  it('that says bye, or just goes, makes its place free', async () => {
    const polite = await rig.open();
    const rude = await rig.open();
    polite.say({ type: 'bye' });
    rude.socket.terminate();

    expect(await polite.closed()).toBe(1000);
    await expect.poll(() => rig.registry.list()).toEqual([]);
    expect(rig.endpoint.viewers).toBe(0);
    expect(rig.registry.ends.get('left')).toBe(2);
  });

  it.each([
    ['revoked', 4403],
    ['expired', 4401],
    ['shutdown', 4410],
  ] as const)('whose session is %s is told so and closed with %d', async (why, code) => {
    const viewer = await rig.open();

    rig.registry.endWhere(() => true, why);

    expect(await viewer.closed()).toBe(code);
    expect(viewer.text('bye')).toMatchObject({ code: why, reason: expect.stringMatching(/\w/) as string });
  });
});

describe('a viewer that stops reading', () => {
  it('is skipped to the next key unit and cut off, while the others get every picture', async () => {
    const good = await rig.open();
    const bad = await rig.open();
    rig.source.fillerBytes = 400_000;
    rig.source.frame({ key: true });
    await expect.poll(() => bad.frames).toHaveLength(1);
    bad.socket.pause();
    for (let i = 0; i < 60; i++) {
      rig.source.frame({ key: false });
      rig.clockOffset += 33_333;
      await expect.poll(() => good.frames.length, { interval: 1 }).toBe(i + 2);
    }

    expect(rig.endpoint.counters.framesDroppedBusy).toBeGreaterThan(0);
    expect(rig.endpoint.counters.framesDroppedUntilKey).toBeGreaterThan(0);
    expect(good.frames.some(({ discontinuity }) => discontinuity)).toBe(false);

    rig.clockOffset += 10_000_000;
    good.socket.ping();
    await expect.poll(() => rig.endpoint.counters.viewersStalled, { timeout: 5_000 }).toBe(1);
    expect(rig.registry.list()).toHaveLength(1);
    expect(rig.registry.ends.get('stalled')).toBe(1);
  });

  it('is found out even when its few bytes all fit into the buffers on the way', async () => {
    const viewer = await rig.open();
    rig.source.frame({ key: true });
    await expect.poll(() => viewer.frames).toHaveLength(1);
    viewer.socket.pause();
    await new Promise((resolve) => setTimeout(resolve, 1_200));

    rig.clockOffset += 6_000_000;

    await expect.poll(() => rig.endpoint.counters.viewersStalled, { timeout: 5_000 }).toBe(1);
    await expect.poll(() => rig.connections(), { timeout: 5_000 }).toBe(0);
  });
});
