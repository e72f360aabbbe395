import { type Micros, micros } from '@pinhole/core';
import { joinAnnexB } from '@pinhole/media/h264';
import type { LiveFrame } from '@pinhole/protocol/live';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { fixtureUnits } from '../../../../../test/support/fixture-units.ts';
import { h264Fixture } from '../../../../../test/support/h264-fixture.ts';
import type { PlayerEvent } from '../player.ts';
import { FakeManagedMediaSource, FakeVideo, type GatedSourceBuffer } from './fake-managed-media-source.ts';
import { mseProblem } from './media-source.ts';
import { MsePlayer } from './mse-player.ts';

const UNITS = fixtureUnits(h264Fixture('baseline'), { interval: micros(33_333) });
const nextKey = UNITS.findIndex(({ key }, i) => i > 0 && key);
const GOP = nextKey === -1 ? UNITS : UNITS.slice(0, nextKey);

let video: FakeVideo;
let events: PlayerEvent[];
let player: MsePlayer;
let sequence: number;

const frame = (options: { readonly unit?: number; readonly padding?: number } = {}): LiveFrame => {
  const unit = GOP[(options.unit ?? sequence) % GOP.length];
  if (!unit) throw new Error('the fixture has no pictures');
  const sei = new Uint8Array(options.padding ?? 0).fill(6);
  const nals = sei.length > 0 ? [...unit.nalUnits, sei] : unit.nalUnits;
  return {
    type: 'video',
    key: unit.key,
    discontinuity: false,
    configChanged: false,
    droppable: false,
    catchUp: false,
    track: 0,
    sequence,
    pts: micros(sequence++ * 33_333) as Micros,
    captureTime: micros(1_000_000),
    payload: joinAnnexB(nals),
  };
};

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const source = (): FakeManagedMediaSource =>
  FakeManagedMediaSource.made.at(-1) ?? expect.fail('no source was made');
const buffer = (): GatedSourceBuffer => source().buffers[0] ?? expect.fail('it has no buffer');
const kinds = (): string[] => events.map(({ kind }) => kind);

beforeEach(() => {
  video = new FakeVideo();
  events = [];
  sequence = 0;
  FakeManagedMediaSource.made.length = 0;
  FakeManagedMediaSource.codecs = () => true;
  vi.stubGlobal('document', { createElement: () => video, addEventListener: () => {} });
  // An iPhone: this one and no other.
  vi.stubGlobal('MediaSource', undefined);
  vi.stubGlobal('ManagedMediaSource', FakeManagedMediaSource);
  vi.stubGlobal('MediaError', class {});
  vi.stubGlobal('URL', {
    createObjectURL: (of: FakeManagedMediaSource) => of.url,
    revokeObjectURL: () => {},
  });
  player = new MsePlayer({ handle: (event) => events.push(event) });
});

afterEach(() => {
  vi.unstubAllGlobals();
});

describe('a managed media source', () => {
  it('is opened without remote playback, and is endless', async () => {
    player.write(frame());
    await settled();

    expect(video.disableRemotePlayback).toBe(true);
    expect(source()).toMatchObject({ readyState: 'open', duration: Number.POSITIVE_INFINITY });
    expect(source().types).toEqual(['video/mp4; codecs="avc1.42c00a"']);
  });

  it('gets media when it wants some, all that waited in one piece, and none when it does not', async () => {
    for (let i = 0; i < 3; i++) player.write(frame());
    await settled();
    expect(buffer().appendedBytes).toBe(0);

    source().startStreaming();
    const first = buffer().appendedBytes;
    expect(first).toBeGreaterThan(0);
    buffer().finish();
    source().endStreaming();
    for (let i = 0; i < 3; i++) player.write(frame());
    expect(buffer().appendedBytes).toBe(first);
    source().startStreaming();

    expect(buffer().appendedBytes).toBeGreaterThan(first);
    expect(buffer().unwantedAppends).toBe(0);
    expect(kinds()).toEqual([]);
  });

  it('that wants none for long gets no more than 8 MiB kept for it', async () => {
    player.write(frame({ unit: 0 }));
    await settled();
    // A minute of key units of 200 KB is more than the queue may hold.
    for (let i = 0; i < 60; i++) player.write(frame({ unit: 0, padding: 200_000 }));
    const asked = kinds().filter((kind) => kind === 'key-frame-wanted').length;

    source().startStreaming();

    expect(asked).toBeGreaterThan(0);
    expect(buffer().appendedBytes).toBeGreaterThan(8 * 2 ** 20);
    expect(buffer().appendedBytes).toBeLessThan(8.5 * 2 ** 20);
    buffer().finish();
    const before = buffer().appendedBytes;
    player.write(frame({ unit: 1 }));
    expect(buffer().appendedBytes).toBe(before); // it waits for a key unit
    player.write(frame({ unit: 0 }));
    expect(buffer().appendedBytes).toBeGreaterThan(before);
  });

  it('that is taken away is replaced by a new one at the next key unit', async () => {
    player.write(frame({ unit: 0 }));
    await settled();
    source().startStreaming();
    const lost = source();

    lost.takeAway();
    player.write(frame({ unit: 1 }));
    player.write(frame({ unit: 0 }));
    await settled();
    source().startStreaming();

    expect(kinds()).toEqual(['key-frame-wanted']);
    expect(source()).not.toBe(lost);
    expect(buffer().appendedBytes).toBeGreaterThan(0);
  });

  it('that is taken away again and again makes the player give up, in words', async () => {
    for (let i = 0; i < 5; i++) {
      player.write(frame({ unit: 0 }));
      await settled();
      if (source().readyState === 'open') source().takeAway();
    }

    expect(events.at(-1)).toMatchObject({ kind: 'failed', failure: { code: 'mse/decoder' } });
  });

  it('is asked, and no other, which codecs it plays', () => {
    FakeManagedMediaSource.codecs = (type) => type.includes('avc1.42');
    vi.stubGlobal('MediaSource', { isTypeSupported: () => true });

    expect(mseProblem('avc1.42c00a')).toBeUndefined();
    expect(mseProblem('avc1.640028')).toMatch(/cannot play avc1\.640028/);
  });
});
