import { micros, millis } from '@pinhole/core';
import { describe, expect, it } from 'vitest';
import type { LiveState } from './live-state.ts';
import { initialLiveness, type Liveness, type LivenessInput, step } from './liveness.ts';

const FRAME_MS = 33;
const TICK: LivenessInput = { kind: 'tick' };

/** Plays inputs at their times. */
class Script {
  #liveness: Liveness = initialLiveness;

  at(timeMs: number, ...inputs: readonly LivenessInput[]): this {
    for (const input of inputs) this.#liveness = step(this.#liveness, input, millis(timeMs));
    return this;
  }

  get state(): LiveState {
    return this.#liveness.state;
  }
}

describe('step, when a server shows pictures once more', () => {
  const START = 1_700_000_000_000_000;
  const captured = (atMs: number) => micros(START + atMs * 1000);
  /** A picture captured at `capturedMs`. */
  const painted = (capturedMs: number): LivenessInput => ({
    kind: 'painted',
    captureTime: captured(capturedMs),
  });
  /** The camera's newest picture is this one. */
  const newest = (capturedMs: number): LivenessInput => ({
    kind: 'heartbeat',
    source: { kind: 'live' },
    lastSequence: Math.round(capturedMs / FRAME_MS),
    lastCapture: captured(capturedMs),
  });
  /** Live until 3 s, with a heartbeat each second. */
  const live = (): Script => {
    const script = new Script();
    for (let at = 0; at <= 3_000; at += FRAME_MS) script.at(at, painted(at - 20));
    return script.at(2_700, newest(2_690)).at(3_000, painted(2_980));
  };

  it('the same pictures again are no sign of life, on whatever connection', () => {
    const script = live().at(3_700, newest(2_980)).at(4_100, TICK);
    expect(script.state).toMatchObject({ kind: 'frozen', cause: 'camera' });

    script.at(4_300, painted(2_000), painted(2_033), painted(2_980)).at(4_400, TICK);

    expect(script.state).toMatchObject({ kind: 'frozen', cause: 'camera' });
  });

  it('nor are those that follow the last one by a few ticks of RTP', () => {
    const script = live().at(3_700, newest(2_980)).at(4_100, TICK);

    for (let again = 1; again <= 300; again++) script.at(6_000, painted(2_980 + again * 0.011));

    expect(script.state).toMatchObject({ kind: 'frozen', cause: 'camera' });
  });

  it('pictures of unknown age count only while the camera goes on', () => {
    const script = live().at(3_700, newest(2_980)).at(4_700, newest(2_980));

    script.at(4_800, { kind: 'painted' });
    expect(script.state).toMatchObject({ kind: 'frozen', cause: 'camera' });

    script.at(5_700, newest(5_650)).at(5_710, { kind: 'painted' });
    expect(script.state.kind).toBe('live');
  });

  it('one heartbeat is enough to tell the camera from the network', () => {
    const stands = live().at(3_700, newest(2_990)).at(4_050, TICK);
    const goesOn = live().at(3_700, newest(3_690)).at(4_050, TICK);

    expect(stands.state).toMatchObject({ kind: 'frozen', cause: 'camera' });
    expect(goesOn.state).toMatchObject({ kind: 'frozen', cause: 'network' });
  });

  it('a heartbeat that comes too early to tell is followed by one that does, or by none', () => {
    const early = () => live().at(3_100, newest(2_980)).at(4_050, TICK);

    expect(early().state.kind).toBe('lagging');
    expect(early().at(4_100, newest(2_980)).at(4_110, TICK).state).toMatchObject({ cause: 'camera' });
    expect(early().at(4_450, TICK).state).toMatchObject({ cause: 'network' });
  });

  it('a clock that was set back does not keep the picture dead', () => {
    const script = live().at(5_000, newest(2_980), TICK);

    script.at(5_100, painted(-3_600_000)).at(5_133, painted(-3_599_967));

    expect(script.state.kind).toBe('live');
  });
});
