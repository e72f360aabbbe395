import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ANSWER_PATIENCE_MS, type Job, Lane, SILENCE_PATIENCE_MS } from './lane.ts';

describe('a lane of requests', () => {
  let log: string[];
  let lane: Lane<Job>;
  const job = (name: string, { open = true } = {}): Job => ({
    what: name,
    send: () => {
      if (open) log.push(`sent ${name}`);
      return open ? undefined : 'not-open';
    },
    failed: ({ code }) => log.push(`${name}: ${code}`),
  });

  beforeEach(() => {
    vi.useFakeTimers();
    log = [];
    lane = new Lane();
  });
  afterEach(() => {
    expect(vi.getTimerCount()).toBe(0);
    vi.useRealTimers();
  });

  it('asks for one after the other', () => {
    for (const name of ['a', 'b']) lane.add(job(name));
    expect(log).toEqual(['sent a']);

    lane.heard();
    lane.done();

    expect(log).toEqual(['sent a', 'sent b']);
    lane.done();
  });

  it('tells of silence, and goes on', () => {
    for (const name of ['a', 'b']) lane.add(job(name));

    vi.advanceTimersByTime(ANSWER_PATIENCE_MS);

    expect(log).toEqual(['sent a', 'a: picamera/no-answer', 'sent b']);
    lane.done();
  });

  it('waits for as long as something comes, and tells of an answer that stops', () => {
    lane.add(job('a'));
    for (let i = 0; i < 10; i++) {
      vi.advanceTimersByTime(ANSWER_PATIENCE_MS - 1);
      lane.heard();
    }
    expect(log).toEqual(['sent a']);

    vi.advanceTimersByTime(SILENCE_PATIENCE_MS);

    expect(log).toEqual(['sent a', 'a: picamera/transfer-stalled']);
  });

  it('says so when the channel is not open', () => {
    lane.add(job('a', { open: false }));
    lane.add(job('b'));

    expect(log).toEqual(['a: picamera/not-open', 'sent b']);
    lane.done();
  });

  it('does not let more wait than a person would ask for', () => {
    for (let i = 0; i < 70; i++) lane.add(job(String(i)));

    expect(log.filter((line) => line.endsWith('too-many-requests'))).toHaveLength(5);
    lane.clear('picamera/terminated', 'is over');
    expect(log.filter((line) => line.endsWith('picamera/terminated'))).toHaveLength(65);
  });
});
