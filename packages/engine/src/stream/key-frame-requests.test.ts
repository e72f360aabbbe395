import { micros } from '@pinhole/core';
import { expect, it } from 'vitest';
import { KeyFrameRequests } from './key-frame-requests.ts';

const requests = () => {
  const sentAt: number[] = [];
  let now = 0;
  const it = new KeyFrameRequests({ interval: micros(500), send: () => sentAt.push(now) });
  return {
    sentAt,
    at: (time: number) => {
      now = time;
      return it;
    },
    it,
  };
};

it('sends the first wish at once', () => {
  const { at, sentAt } = requests();
  at(10).request(micros(10));
  expect(sentAt).toEqual([10]);
});

it('answers fifty wishes within the interval with one request, and one more when it is over', () => {
  const { at, it: coalescer, sentAt } = requests();
  for (let time = 0; time < 50; time++) at(time).request(micros(time));
  at(499).tick(micros(499));
  at(500).tick(micros(500));
  at(501).tick(micros(501));

  expect(sentAt).toEqual([0, 500]);
  expect(coalescer.counters).toEqual({ sent: 2, coalesced: 49 });
});

it('forgets waiting wishes when a key frame comes meanwhile', () => {
  const { at, it: coalescer, sentAt } = requests();
  at(0).request(micros(0));
  at(100).request(micros(100));
  coalescer.answered();
  at(600).tick(micros(600));
  expect(sentAt).toEqual([0]);
});
