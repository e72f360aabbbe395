import { describe, expect, it } from 'vitest';
import { type Mending, type RecoveryInput, type RecoveryState, stepRecovery } from './recovery.ts';

/** Runs inputs, each at its time, and tells the effects. */
function run(
  from: RecoveryState,
  inputs: readonly (readonly [nowMs: number, kind: RecoveryInput['kind']])[],
  mending: Mending = 'restart',
) {
  let state = from;
  const effects: (readonly [number, string])[] = [];
  for (const [nowMs, kind] of inputs) {
    const [next, effect] = stepRecovery(state, { kind }, { nowMs, mending });
    state = next;
    if (effect) effects.push([nowMs, effect]);
  }
  return { state: state.kind, effects };
}

describe('recovery', () => {
  it('makes the offer again, by a new viewer, when nobody answers', () => {
    const { effects } = run({ kind: 'offering' }, [
      [0, 'tick'],
      [1_000, 'offered'],
      [10_999, 'tick'],
      [11_000, 'tick'],
      [11_500, 'tick'],
      [12_000, 'offered'],
      [22_000, 'tick'],
    ]);

    expect(effects).toEqual([
      [11_000, 'rebuild'],
      [22_000, 'rebuild'],
    ]);
  });

  it('gives up a first connection that fails', () => {
    const { state, effects } = run({ kind: 'offering' }, [
      [0, 'offered'],
      [50, 'answered'],
      [20_000, 'tick'],
      [30_000, 'failed'],
    ]);

    expect({ state, effects }).toEqual({ state: 'over', effects: [[30_000, 'give-up']] });
  });

  it('leaves alone what comes back by itself', () => {
    const { state, effects } = run({ kind: 'live' }, [
      [0, 'disconnected'],
      [2_999, 'tick'],
      [2_999, 'connected'],
      [20_000, 'tick'],
    ]);

    expect({ state, effects }).toEqual({ state: 'live', effects: [] });
  });

  it('mends after three seconds, three times, eight seconds each', () => {
    const { state, effects } = run({ kind: 'live' }, [
      [0, 'disconnected'],
      [3_000, 'tick'],
      [3_500, 'failed'],
      [10_999, 'tick'],
      [11_000, 'tick'],
      [19_000, 'tick'],
      [27_000, 'tick'],
      [90_000, 'tick'],
    ]);

    expect(effects).toEqual([
      [3_000, 'mend'],
      [11_000, 'mend'],
      [19_000, 'mend'],
      [27_000, 'give-up'],
    ]);
    expect(state).toBe('over');
  });

  it('waits longer where mending costs all that is on its way', () => {
    const { effects } = run(
      { kind: 'live' },
      [
        [0, 'disconnected'],
        [7_999, 'tick'],
        [8_000, 'tick'],
      ],
      'rebuild',
    );

    expect(effects).toEqual([[8_000, 'mend']]);
  });

  it('mends at once what failed', () => {
    expect(run({ kind: 'live' }, [[5, 'failed']]).effects).toEqual([[5, 'mend']]);
    expect(
      run({ kind: 'live' }, [
        [0, 'disconnected'],
        [1, 'failed'],
      ]).effects,
    ).toEqual([[1, 'mend']]);
  });

  it('says it again as soon as the broker is back, within the same attempt', () => {
    const { effects } = run({ kind: 'live' }, [
      [0, 'failed'],
      [2_000, 'returned'],
      [8_000, 'tick'],
      [16_000, 'tick'],
      [24_000, 'tick'],
    ]);

    expect(effects).toEqual([
      [0, 'mend'],
      [2_000, 'mend'],
      [8_000, 'mend'],
      [16_000, 'mend'],
      [24_000, 'give-up'],
    ]);
  });

  it('begins anew at once when the other end is gone', () => {
    expect(run({ kind: 'live' }, [[5, 'gone']])).toEqual({ state: 'mending', effects: [[5, 'rebuild']] });
    expect(
      run({ kind: 'live' }, [
        [0, 'disconnected'],
        [1, 'gone'],
      ]).effects,
    ).toEqual([[1, 'rebuild']]);
  });

  it('begins anew with a device that does not know the connection, in the same attempt', () => {
    const { state, effects } = run({ kind: 'live' }, [
      [0, 'failed'],
      [100, 'gone'],
      [8_050, 'tick'],
      [8_090, 'connected'],
      [8_200, 'failed'],
    ]);

    expect(effects).toEqual([
      [0, 'mend'],
      [100, 'rebuild'],
      [8_200, 'mend'],
    ]);
    expect(state).toBe('mending');
  });
});
