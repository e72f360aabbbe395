import { micros } from '@pinhole/core';
import { describe, expect, it } from 'vitest';
import { type Choice, DeliveryLadder, type Rung } from './delivery-ladder.ts';
import type { PathCondition } from './path-estimate.ts';

const OVER: PathCondition = { kind: 'over', why: 'loss' };
const CLEAR: PathCondition = { kind: 'clear' };
const ALL: Choice = { mainHasNonReference: true, sub: true, rateOf: () => undefined };

/** A ladder, and what to put before it every tenth of a second. */
function openLadder() {
  let ms = 0;
  const now = () => micros(1e15 + ms * 1000);
  const ladder = new DeliveryLadder(now());
  const words = ({ stream, pictures }: Rung): string => `${stream} ${pictures}`;
  return {
    ladder,
    /** @returns rungs taken, each with the seconds since the beginning */
    pass: (seconds: number, condition: PathCondition, choice = ALL, capacity?: number): string[] => {
      const taken: string[] = [];
      for (let tenth = 0; tenth < seconds * 10; tenth++) {
        ms += 100;
        if (ladder.step({ condition, choice, capacity, now: now() }))
          taken.push(`${words(ladder.rung)} at ${ms / 1000}`);
      }
      return taken;
    },
  };
}

describe('DeliveryLadder', () => {
  it('goes down step by step while nothing is known of rates, each given time to show', () => {
    const { ladder, pass } = openLadder();

    expect(pass(6, OVER)).toEqual(['main reference at 1.2', 'sub all at 2.4', 'sub keys at 3.6']);
    expect(ladder.why).toBe('loss');
  });

  it('passes over what is known to be too much', () => {
    const rates: Record<string, number> = { reference: 3e6, all: 0.5e6, keys: 0.1e6 };
    const rateOf = ({ stream, pictures }: Rung) => (stream === 'main' ? 3e6 : rates[pictures]);

    expect(openLadder().pass(2, OVER, { ...ALL, rateOf }, 1.5e6)).toEqual(['sub all at 1.2']);
    expect(openLadder().pass(2, OVER, { ...ALL, rateOf }, 0.3e6)).toEqual(['sub keys at 1.2']);
    expect(openLadder().pass(2, OVER, { ...ALL, rateOf }, 0.01e6)).toEqual(['sub keys at 1.2']);
  });

  it('has no steps that there is nothing for', () => {
    const none = { ...ALL, mainHasNonReference: false, sub: false };

    expect(openLadder().pass(9, OVER, none)).toEqual(['main keys at 1.2']);
  });

  it('goes up a step after each quiet time, and forgets why', () => {
    const { ladder, pass } = openLadder();
    pass(4, OVER);

    expect(pass(16, CLEAR)).toEqual(['sub all at 9.1', 'main reference at 14.2', 'main all at 19.3']);
    expect(ladder.why).toBeUndefined();
  });

  it('takes no step up while it is unclear', () => {
    const { pass } = openLadder();
    pass(4, OVER);

    expect(pass(30, { kind: 'unclear' })).toEqual([]);
  });

  it('waits twice as long after a step up that did not hold, and as before once one did', () => {
    const { pass } = openLadder();
    const plain = { ...ALL, mainHasNonReference: false, sub: false };
    pass(2, OVER, plain);
    const up = (taken: readonly string[]): string | undefined =>
      taken.find((one) => one.startsWith('main all'));

    expect(up(pass(6, CLEAR, plain))).toBe('main all at 7.1');
    pass(1, OVER, plain);
    expect(up(pass(9, CLEAR, plain))).toBeUndefined();
    expect(up(pass(3, CLEAR, plain))).toBeDefined();
    // It holds, and what comes much later is another matter.
    pass(25, CLEAR, plain);
    pass(2, OVER, plain);
    expect(up(pass(6, CLEAR, plain))).toBeDefined();
  });

  it('leaves a step that is there no more: the sub stream failed', () => {
    const { pass } = openLadder();
    pass(3, OVER);

    expect(pass(0.1, CLEAR, { ...ALL, sub: false })).toEqual(['main keys at 3.1']);
    expect(pass(0.1, CLEAR)).toEqual(['sub keys at 3.2']);
  });
});
