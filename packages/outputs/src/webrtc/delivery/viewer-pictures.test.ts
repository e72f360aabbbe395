import { Stream, type StreamUnit, type ViewerDelivery } from '@pinhole/engine';
import { describe, expect, it } from 'vitest';
import { type FakeUnitOptions, fakeUnit } from '../../../../engine/src/stream/fake-units.ts';
import { FakePath, type FakePathOptions } from './fake-path.ts';
import { ViewerPictures } from './viewer-pictures.ts';

const MBIT = 1e6;
const MAIN = { bitsPerSecond: 4 * MBIT, widthMbs: 80 };
const SUB = { bitsPerSecond: 0.5 * MBIT, widthMbs: 20 };

interface WatchOptions {
  readonly path: FakePathOptions;
  readonly sub?: 'usable' | 'never comes' | 'reorders';
  /** Every second picture is needed by no other. */
  readonly nonReference?: true;
}

/** A viewer of a camera with a GOP of a second, behind a network as it is told. */
function watch({ path: options, sub, nonReference }: WatchOptions) {
  const path = new FakePath(options);
  const [main, small] = [new Stream(), new Stream()];
  const sent: { readonly unit: StreamUnit; readonly ms: number; readonly from: 'main' | 'sub' }[] = [];
  const told: ViewerDelivery[] = [];
  const probes: number[] = [];
  const refreshes: number[] = [];
  const held = { now: 0, ever: 0 };
  const acquire = () => {
    held.now++;
    held.ever++;
    return () => {
      held.now--;
    };
  };
  const pictures = new ViewerPictures({
    stream: main,
    ...(sub && { sub: { stream: small, acquire } }),
    path: path.estimate,
    now: () => path.now,
    changed: () => told.push(pictures.delivery),
    sink: {
      pressure: () => 0,
      write: (unit) => {
        sent.push({ unit, ms: path.ms, from: unit.parameters.width > 400 ? 'main' : 'sub' });
        path.send(unit.data.byteLength);
      },
      probe: () => {
        probes.push(path.ms);
        path.send(1);
      },
      refresh: () => refreshes.push(path.ms),
    },
  });
  main.attach(
    { pressure: 0, write: (unit, delivery) => pictures.write(unit, delivery) },
    { now: () => path.now },
  );
  let sequence = 0;
  const unitOf = ({ bitsPerSecond, widthMbs }: typeof MAIN, extra: Partial<FakeUnitOptions> = {}) => {
    const key = sequence % 30 === 0;
    const share = key ? 0.25 : 0.75 / 29;
    const refIdc = nonReference && sequence % 2 === 1 ? 0 : 3;
    const unit = fakeUnit({
      sequence,
      key,
      refIdc,
      widthMbs,
      padBytes: Math.round((bitsPerSecond / 8) * share),
      ...extra,
    });
    return { ...unit, captureTime: path.now };
  };
  return {
    path,
    pictures,
    sent,
    told,
    probes,
    refreshes,
    held,
    pass: (seconds: number) => {
      for (let picture = 0; picture < seconds * 30; picture++) {
        main.write(unitOf(MAIN), path.now);
        if (held.now > 0 && sub !== 'never comes')
          small.write(
            unitOf(SUB, sub === 'reorders' && sequence % 30 !== 0 ? { sliceType: 'B' } : {}),
            path.now,
          );
        sequence++;
        path.pass(picture % 3 === 0 ? 34 : 33);
      }
    },
  };
}

/** The longest time without a picture, in milliseconds, from `since` on. */
const longestPause = (sent: readonly { readonly ms: number }[], since: number): number => {
  const times = sent.filter(({ ms }) => ms >= since).map(({ ms }) => ms);
  return Math.max(...times.slice(1).map((ms, i) => ms - (times[i] ?? ms)));
};

describe('ViewerPictures', () => {
  it('sends all that there is while it gets through', () => {
    const { pictures, sent, held, pass } = watch({ path: { bitsPerSecond: 20 * MBIT }, sub: 'usable' });

    pass(20);

    expect(sent).toHaveLength(600);
    expect(held.ever).toBe(0);
    expect(pictures.delivery).toMatchObject({ stream: 'main', pictures: 'all' });
    expect(pictures.delivery.why).toBeUndefined();
    expect(pictures.counters).toEqual({
      framesDroppedNonReference: 0,
      framesDroppedWaitingForKey: 0,
      deliverySteps: 0,
      streamSwitches: 0,
      subStreamRefusals: 0,
    });
  });

  it('takes the sub stream where the main one does not get through, from a key picture to a key picture', () => {
    const { path, pictures, sent, pass } = watch({ path: { bitsPerSecond: 1.5 * MBIT }, sub: 'usable' });

    pass(8);

    expect(pictures.delivery).toMatchObject({ stream: 'sub', pictures: 'all', why: 'queue' });
    const first = sent.findIndex(({ from }) => from === 'sub');
    expect(sent[first]?.unit.key).toBe(true);
    expect(sent[first]?.ms).toBeLessThan(4000);
    expect(sent.slice(first).every(({ from }) => from === 'sub')).toBe(true);
    expect(longestPause(sent, (sent[first]?.ms ?? 0) + 1)).toBeLessThan(100);
    expect(path.queueMs).toBeLessThan(100);
    expect(pictures.counters.streamSwitches).toBe(1);
  });

  it('comes back when the network does, and lets the sub stream go', () => {
    const { path, pictures, sent, held, pass } = watch({
      path: { bitsPerSecond: 1.5 * MBIT },
      sub: 'usable',
    });
    pass(6);
    path.become({ bitsPerSecond: 50 * MBIT });
    const at = sent.length;

    pass(10);

    expect(pictures.delivery).toMatchObject({ stream: 'main', pictures: 'all' });
    const back = sent.findIndex(({ from }, i) => i > at && from === 'main');
    expect(sent[back]?.unit.key).toBe(true);
    expect(longestPause(sent, sent[at]?.ms ?? 0)).toBeLessThan(100);
    expect(held.now).toBe(0);
  });

  it('leaves out what no other picture needs where that is enough, without a wait for a key picture', () => {
    const { path, pictures, sent, pass } = watch({ path: { bitsPerSecond: 3.6 * MBIT }, nonReference: true });

    pass(20);

    expect(pictures.delivery).toMatchObject({ stream: 'main', pictures: 'reference' });
    const [last] = sent.slice(-15);
    expect(sent.filter(({ ms }) => ms >= (last?.ms ?? 0)).every(({ unit }) => !unit.droppable)).toBe(true);
    expect(path.queueMs).toBeLessThan(600);
    expect(pictures.counters.framesDroppedNonReference).toBeGreaterThan(50);
  });

  it('sends key pictures alone where nothing else is left, and no queue ever holds a GOP', () => {
    const { path, pictures, sent, pass } = watch({ path: { bitsPerSecond: 1.5 * MBIT } });
    let longest = 0;
    for (let tenth = 0; tenth < 100; tenth++) {
      pass(0.1);
      longest = Math.max(longest, path.queueMs);
    }

    expect(pictures.delivery).toMatchObject({ stream: 'main', pictures: 'keys' });
    expect(sent.slice(-5).every(({ unit }) => unit.key)).toBe(true);
    expect(longest).toBeLessThan(2000);
    expect(path.queueMs).toBeLessThan(700);
    expect(pictures.counters.framesDroppedWaitingForKey).toBeGreaterThan(150);
  });

  it('does without a sub stream that never comes', () => {
    const { pictures, sent, held, pass } = watch({ path: { bitsPerSecond: 1.5 * MBIT }, sub: 'never comes' });

    pass(20);

    expect(sent.every(({ from }) => from === 'main')).toBe(true);
    expect(pictures.delivery).toMatchObject({ stream: 'main', pictures: 'keys' });
    expect(pictures.counters.subStreamRefusals).toBe(1);
    expect(held.now).toBe(0);
    // A key picture a second all the time.
    expect(longestPause(sent, 3000)).toBeLessThan(2100);
  });

  it('does without a sub stream that the viewer could not decode, for good', () => {
    const { pictures, sent, held, pass } = watch({ path: { bitsPerSecond: 1.5 * MBIT }, sub: 'reorders' });

    pass(100);

    expect(sent.every(({ from }) => from === 'main')).toBe(true);
    expect(pictures.counters.subStreamRefusals).toBe(1);
    expect(held).toEqual({ now: 0, ever: 1 });
  });

  it('tries to go up less and less often while that does not hold', () => {
    const { pictures, pass } = watch({ path: { bitsPerSecond: 1.5 * MBIT }, sub: 'usable' });

    pass(120);

    // Down once; then up and down again after 5, 10, 20 and 40 s, at most.
    expect(pictures.counters.deliverySteps).toBeLessThanOrEqual(9);
    expect(pictures.counters.deliverySteps).toBeGreaterThanOrEqual(5);
    expect(pictures.delivery.stream).toBe('sub');
  });

  it('starts from the main stream after a rest, with a key picture', () => {
    const { pictures, sent, held, pass } = watch({ path: { bitsPerSecond: 1.5 * MBIT }, sub: 'usable' });
    pass(6.5);
    const at = sent.length;

    pictures.rest();
    expect(held.now).toBe(0);
    pass(1);

    expect(sent[at]).toMatchObject({ from: 'main', unit: { key: true } });
  });

  it('feels for a way that is gone, and sends what can be decoded as soon as it is there again', () => {
    const path = { bitsPerSecond: 50 * MBIT };
    const { pictures, sent, probes, refreshes, pass, ...viewer } = watch({ path });
    pass(5.1);
    viewer.path.become({ ...path, losesEvery: 1 });
    pass(3.2);
    const [goneAt, backAt] = [5100, viewer.path.ms];
    viewer.path.become(path);

    pass(0.5);

    // A packet every quarter of a second, after a while in which all might only be late.
    expect(probes.length).toBeGreaterThanOrEqual(5);
    expect(probes.length).toBeLessThanOrEqual(10);
    expect(probes[0]).toBeGreaterThan(goneAt + 1000);
    // Little else was sent into the silence.
    expect(sent.filter(({ ms }) => ms > goneAt + 1400 && ms < backAt).length).toBeLessThanOrEqual(1);
    expect(refreshes).toHaveLength(1);
    expect((refreshes[0] ?? 0) - backAt).toBeLessThan(450);
    expect(pictures.counters.deliverySteps).toBe(0);
  });

  it('says when and why each time', () => {
    const { told, pass } = watch({ path: { bitsPerSecond: 1.5 * MBIT }, sub: 'usable' });

    pass(4);

    expect(told.map(({ stream, pictures, why }) => [stream, pictures, why])).toEqual([
      ['main', 'keys', 'queue'],
      ['sub', 'all', 'queue'],
    ]);
  });
});
