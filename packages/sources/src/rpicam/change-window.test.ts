import { expect, it } from 'vitest';
import { FakeClock } from '../fake-clock.ts';
import { ChangeWindow } from './change-window.ts';

function open() {
  const clock = new FakeClock();
  const seen = { calls: 0 };
  return { clock, seen, changes: new ChangeWindow(clock, () => seen.calls++) };
}

it('changes that follow each other closely are applied once', () => {
  const { clock, seen, changes } = open();
  for (let i = 0; i < 4; i++) {
    changes.add();
    clock.advance(100);
  }
  expect(seen.calls).toBe(0);
  clock.advance(60);
  expect(seen.calls).toBe(1);
});

it('somebody who never stops changing is served every now and then', () => {
  const { clock, seen, changes } = open();
  for (let i = 0; i < 40; i++) {
    changes.add();
    clock.advance(50);
  }
  expect(seen.calls).toBe(2);
});

it('what was forgotten is not applied', () => {
  const { clock, seen, changes } = open();
  changes.add();
  changes.clear();
  clock.advance(10_000);
  expect(seen.calls).toBe(0);
});
