import { type Micros, micros } from '@pinhole/core';
import { Stream } from '@pinhole/engine';
import { describe, expect, it } from 'vitest';
import { fakeUnit } from '../../../engine/src/stream/fake-units.ts';
import { IdleRepeat } from './idle-repeat.ts';

function rig(padBytes = 0) {
  const stream = new Stream();
  const seen: string[] = [];
  const idle = new IdleRepeat({
    stream,
    write: ({ sequence, key }) => seen.push(`${key ? 'key' : 'unit'} ${sequence}`),
    rest: () => seen.push('rest'),
    wake: () => seen.push('wake'),
  });
  const second = (value: number): Micros => micros(value * 1e6);
  const write = (sequence: number, key: boolean, at: number) => {
    stream.write(fakeUnit({ sequence, key, padBytes }), second(at));
    idle.wrote(second(at));
  };
  const tick = (at: number) => {
    idle.tick(second(at));
    return seen.splice(0);
  };
  return { stream, write, tick };
}

describe('a viewer of a camera that sends nothing', () => {
  it('is sent the last GOP every second, and nothing while pictures come', () => {
    const { write, tick } = rig();
    expect(tick(1)).toEqual([]);
    write(0, true, 1);
    write(1, false, 1.5);
    expect(tick(2)).toEqual([]);

    expect(tick(3)).toEqual(['key 0', 'unit 1']);
    expect(tick(4)).toEqual(['key 0', 'unit 1']);

    write(2, false, 4.5);
    expect(tick(5)).toEqual([]);
    expect(tick(6)).toEqual(['key 0', 'unit 1', 'unit 2']);
  });

  it('is sent what it had, though the source starts anew', () => {
    const { stream, write, tick } = rig();
    write(0, true, 1);
    expect(tick(3)).toEqual(['key 0']);
    stream.restart();

    expect(tick(4)).toEqual(['key 0']);
  });

  it('is sent the key picture alone of a GOP that is large, and then waits for the next one', () => {
    const { stream, write, tick } = rig(700_000);
    write(0, true, 1);
    write(1, false, 1);

    expect(tick(3)).toEqual(['rest', 'key 0']);
    expect(tick(4)).toEqual(['key 0']);
    stream.write(fakeUnit({ sequence: 2, key: false }), micros(4.5e6));
    expect(tick(5)).toEqual(['wake']);
  });
});
