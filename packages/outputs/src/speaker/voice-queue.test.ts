import { describe, expect, it } from 'vitest';
import { parseSpeakerSpec } from './speaker-spec.ts';
import { VoiceQueue } from './voice-queue.ts';

const ms = (count: number, sample = 1): Int16Array => new Int16Array(48 * count).fill(sample);
/** What 20 ms of the mix are made of. */
const take = (queue: VoiceQueue): readonly number[] => {
  const mix = new Int32Array(960);
  queue.addTo(mix);
  return [...new Set(mix)];
};

describe('a voice that waits to be heard', () => {
  it('is silent until its jitter is covered, then heard at once', () => {
    const queue = new VoiceQueue();
    queue.push(ms(40, 5));
    expect(take(queue)).toEqual([0]);
    queue.push(ms(20, 5));

    expect(take(queue)).toEqual([5]);
    expect(queue.waitingMs).toBe(40);
  });

  it('is added to what is in the mix already', () => {
    const [a, b] = [new VoiceQueue(), new VoiceQueue()];
    a.push(ms(60, 3));
    b.push(ms(60, 4));
    const mix = new Int32Array(960);
    for (const queue of [a, b]) queue.addTo(mix);

    expect([...new Set(mix)]).toEqual([7]);
  });

  it('that runs dry is heard to its end, and covers its jitter again', () => {
    const queue = new VoiceQueue();
    queue.push(ms(70));
    for (let i = 0; i < 3; i++) take(queue);

    expect(take(queue)).toEqual([1, 0]);
    queue.push(ms(20));
    expect(take(queue)).toEqual([0]);
    expect(queue.counters.ranDry).toBe(1);
  });

  it('never holds more than its bound, and tells what was left out', () => {
    const queue = new VoiceQueue();
    for (let i = 0; i < 100; i++) queue.push(ms(20, i));

    expect(queue.waitingMs).toBe(400);
    expect(queue.counters.overflowMs).toBe(1600);
    expect(take(queue)).toEqual([80]);
  });

  it('that lags for a second catches up with what was never needed', () => {
    const queue = new VoiceQueue();
    queue.push(ms(300));
    for (let i = 0; i < 50; i++) {
      take(queue);
      queue.push(ms(20));
    }

    expect(queue.waitingMs).toBe(80);
    expect(queue.counters.trimmedMs).toBe(220);
  });

  it('that jitters within its cover is left alone', () => {
    const queue = new VoiceQueue();
    queue.push(ms(60));
    for (let i = 0; i < 200; i++) {
      take(queue);
      if (i % 3 === 2) queue.push(ms(60));
    }

    expect(queue.counters).toEqual({ overflowMs: 0, trimmedMs: 0, ranDry: 0 });
  });
});

describe('where viewers are heard', () => {
  it.each([
    ['off', { kind: 'off' }],
    ['null', { kind: 'off' }],
    ['default', { kind: 'alsa', device: 'default' }],
    ['plughw:CARD=Device,DEV=0', { kind: 'alsa', device: 'plughw:CARD=Device,DEV=0' }],
    ['file:/tmp/said.wav', { kind: 'file', path: '/tmp/said.wav' }],
  ])('%s is understood', (text, spec) => {
    expect(parseSpeakerSpec(text)).toEqual(spec);
  });

  it.each(['', 'file:', '-f', '/dev/snd', 'hw:0;reboot', 'a b'])(
    '%j is refused, with what would do',
    (text) => {
      expect(() => parseSpeakerSpec(text)).toThrowError(
        expect.objectContaining({
          code: 'speaker/spec',
          message: expect.stringContaining('plughw:1,0') as string,
        }),
      );
    },
  );
});
