import { readdirSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { micros, silentLogger } from '@pinhole/core';
import {
  type DataChannel,
  type NegotiatedChannel,
  type Peer,
  type PeerEvent,
  type PeerRequest,
  Stream,
  type ViewerAudioFrame,
} from '@pinhole/engine';
import { ntpToMicros } from '@pinhole/media/rtp';
import { createWeriftPeerFactory } from '@pinhole/outputs/webrtc';
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest';
import { fakeUnit } from '../../packages/engine/src/stream/fake-units.ts';
import { ChannelViewer, type KnownChannel } from '../support/channel-viewer.ts';
import { endViewers } from '../support/rtp-viewer.ts';
import { testFanout } from '../support/test-fanout.ts';

const now = () => micros(Math.round((performance.timeOrigin + performance.now()) * 1000));

const PATIENCE = { timeout: 15_000, interval: 10 };

const CHANNELS: readonly NegotiatedChannel[] = [
  { id: 0, label: 'command', ordered: true },
  { id: 1, label: 'stream', ordered: false },
  { id: 2, label: '_lossy', ordered: false, maxRetransmits: 0 },
  { id: 3, label: '_reliable', ordered: true },
];

const KNOWN: readonly KnownChannel[] = [
  { id: 0, label: 'command' },
  { id: 1, label: 'stream', unordered: true },
  { id: 2, label: '_lossy', unordered: true, maxRetransmits: 0 },
  { id: 3, label: '_reliable' },
];

const OPUS = { codec: 'opus', sampleRate: 48_000, channels: 2 } as const;

const factory = createWeriftPeerFactory({
  fanout: testFanout(),
  now,
  log: silentLogger,
  hostAddresses: ['127.0.0.1'],
});
const undo: (() => unknown)[] = [];

interface Opened {
  readonly viewer: ChannelViewer;
  readonly peer: Peer;
  readonly events: PeerEvent['kind'][];
  readonly channels: Map<string, DataChannel>;
}

/** A viewer that is connected, with its channels open at both ends. */
async function openViewer(
  stream: Stream,
  options: { readonly sound?: 'none' | 'both-ways' } & Partial<PeerRequest> = {},
): Promise<Opened> {
  const { sound = 'none', ...request } = options;
  const viewer = new ChannelViewer({ channels: KNOWN, sound });
  const channels = new Map<string, DataChannel>();
  const events: PeerEvent['kind'][] = [];
  let peer: Peer | undefined;
  await viewer.connect(async (offer) => {
    peer = await factory.open({
      offer,
      stream,
      video: 'if-offered',
      channels: CHANNELS,
      onDataChannel: (channel) => channels.set(channel.label, channel),
      handle: ({ kind }) => events.push(kind),
      ...request,
    });
    return peer.answer;
  });
  if (!peer) throw new Error('no peer');
  const opened = { viewer, peer, events, channels };
  undo.push(
    () => opened.peer.close(),
    () => viewer.close(),
  );
  await vi.waitFor(() => expect([viewer.isOpen, channels.size]).toEqual([true, 4]), PATIENCE);
  return opened;
}

afterEach(async () => {
  for (const one of undo.splice(0)) await one();
});
afterAll(endViewers);

describe('a viewer of data channels by libdatachannel', () => {
  it('gets text and bytes of any length up to 256 KiB, and sends them', async () => {
    const { viewer, channels } = await openViewer(new Stream());
    const command = channels.get('command');
    const got: (string | Uint8Array)[] = [];
    command?.subscribe((message) => got.push(message));
    const large = Uint8Array.from({ length: 262_144 }, (_, i) => i * 7);

    for (const message of ['grüße', '', new Uint8Array(0), large]) command?.send(message);
    viewer.channels.get('command')?.sendMessage('hello');
    viewer.channels.get('command')?.sendMessageBinary(Buffer.from(large));

    await vi.waitFor(() => expect(viewer.messages.get('command')).toHaveLength(4), PATIENCE);
    await vi.waitFor(() => expect(got).toHaveLength(2), PATIENCE);
    const [text, emptyText, emptyBytes, bytes] = viewer.messages.get('command') ?? [];
    expect([text, emptyText]).toEqual(['grüße', '']);
    expect(emptyBytes?.length).toBe(0);
    expect(Buffer.compare(Buffer.from(bytes ?? ''), large)).toBe(0);
    expect(got[0]).toBe('hello');
    expect(Buffer.compare(got[1] as Uint8Array, large)).toBe(0);
    expect(command?.send(new Uint8Array(262_145))).toBe(false);
  });

  it('gets 1000 messages on each kind of channel, in order where there is one', async () => {
    const { viewer, channels } = await openViewer(new Stream());
    const labels = ['command', 'stream', '_lossy', '_reliable'];

    for (let i = 0; i < 1000; i++) {
      for (const label of labels) channels.get(label)?.send(Uint8Array.of(i >> 8, i & 0xff));
      if (i % 100 === 0) await wait(1);
    }

    const numbersOf = (label: string): number[] =>
      (viewer.messages.get(label) ?? []).map((message) => (message as Buffer).readUInt16BE(0));
    const all = Array.from({ length: 1000 }, (_, i) => i);
    await vi.waitFor(() => expect(numbersOf('_reliable')).toEqual(all), PATIENCE);
    await vi.waitFor(() => expect(numbersOf('command')).toEqual(all), PATIENCE);
    await vi.waitFor(() => expect(numbersOf('stream').toSorted((a, b) => a - b)).toEqual(all), PATIENCE);
    // Nothing is lost on loopback but what a full buffer drops.
    await vi.waitFor(() => expect(numbersOf('_lossy').length).toBeGreaterThan(900), PATIENCE);
    expect(new Set(numbersOf('_lossy')).size).toBe(numbersOf('_lossy').length);
  });

  it('is not sent more than may wait, and what waits is told truly', async () => {
    const { viewer, channels } = await openViewer(new Stream());
    const command = channels.get('command');
    const block = new Uint8Array(60_000);

    let accepted = 0;
    while (command?.send(block)) accepted++;
    expect(accepted).toBe(Math.floor(2 ** 20 / block.byteLength));
    expect(command?.bufferedAmount).toBe(accepted * block.byteLength);
    const low = vi.fn<() => void>();
    command?.whenAtMost(200_000, low);
    expect(low).not.toHaveBeenCalled();

    await vi.waitFor(() => expect(low).toHaveBeenCalledOnce(), PATIENCE);
    await vi.waitFor(() => expect(command?.bufferedAmount).toBe(0), PATIENCE);
    await vi.waitFor(() => expect(viewer.messages.get('command')).toHaveLength(accepted), PATIENCE);
  });

  it('may close a channel, and so may we: the others stay', async () => {
    const { viewer, channels } = await openViewer(new Stream());
    const closed = vi.fn<(label: string) => void>();
    for (const [label, channel] of channels) channel.closed(() => closed(label));

    viewer.channels.get('stream')?.close();
    await vi.waitFor(() => expect(closed.mock.calls).toEqual([['stream']]), PATIENCE);
    channels.get('_lossy')?.close();
    await vi.waitFor(() => expect(viewer.channels.get('_lossy')?.isOpen()).toBe(false), PATIENCE);
    await vi.waitFor(() => expect(closed.mock.calls).toEqual([['stream'], ['_lossy']]), PATIENCE);

    expect(channels.get('_lossy')?.send('late')).toBe(false);
    expect(channels.get('command')?.send('still there')).toBe(true);
    await vi.waitFor(() => expect(viewer.messages.get('command')).toEqual(['still there']), PATIENCE);
  });

  it('hears the stream by our clock, and is heard, without a picture', async () => {
    const stream = new Stream();
    const heard: ViewerAudioFrame[] = [];
    stream.write(fakeUnit({ sequence: 0, key: true }), now());
    const { viewer, peer } = await openViewer(stream, {
      sound: 'both-ways',
      audio: 'both',
      onAudio: (frame) => heard.push(frame),
    });
    const times: number[] = [];
    const start = now();

    for (let i = 0; i < 60; i++) {
      const captureTime = micros(start + i * 20_000);
      times.push(captureTime);
      const data = Uint8Array.of(0xfc, 0xff, i);
      stream.writeAudio({
        data,
        captureTime,
        pts: micros(i * 20_000),
        duration: micros(20_000),
        parameters: OPUS,
      });
      viewer.say(Uint8Array.of(0xfc, i));
      await wait(20);
    }

    await vi.waitFor(() => expect(viewer.sound).toHaveLength(60), PATIENCE);
    await vi.waitFor(() => expect(heard).toHaveLength(60), PATIENCE);
    expect(viewer.sound.map(({ payload }) => payload[2])).toEqual(times.map((_, i) => i));
    expect(viewer.sound.map(({ marker }) => marker).indexOf(true, 1)).toBe(-1);
    expect(heard.map(({ data }) => data[1])).toEqual(times.map((_, i) => i));
    expect(heard.map(({ sequence }) => sequence).slice(0, 8)).toEqual([
      65_530, 65_531, 65_532, 65_533, 65_534, 65_535, 0, 1,
    ]);
    const report = await vi.waitFor(() => {
      const found = viewer.rtcp.findLast(({ kind }) => kind === 'sender-report');
      if (found?.kind !== 'sender-report' || found.packetsSent < 40) throw new Error('no report yet');
      return found;
    }, PATIENCE);
    const last = viewer.sound[59];
    const toldAt =
      ntpToMicros(report.ntp) + ((((last?.timestamp ?? 0) - report.rtpTimestamp) | 0) * 1000) / 48;
    expect(Math.abs(toldAt - (times[59] ?? 0))).toBeLessThan(60_000);
    expect(report.reports).toMatchObject([{ ssrc: 0x1234_5678, packetsLost: 0 }]);
    expect(peer.stats().packetsSent).toBe(60);
  });
});

describe('a hundred viewers with channels and sound', () => {
  it('leave nothing behind, whoever ends them', async () => {
    const stream = new Stream();
    stream.write(fakeUnit({ sequence: 0, key: true }), now());
    const lives = async (count: number): Promise<void> => {
      const opened = await Promise.all(
        Array.from({ length: count }, () =>
          openViewer(stream, { sound: 'both-ways', audio: 'both', onAudio: () => {} }),
        ),
      );
      for (const { channels, viewer } of opened) {
        channels.get('command')?.send(new Uint8Array(65_536));
        viewer.say(Uint8Array.of(0xfc, 1));
      }
      for (const [index, { viewer, peer, events }] of opened.entries()) {
        if (index % 2 === 0) {
          viewer.close();
          while (events.at(-1) !== 'left') await wait(5);
        }
        await peer.close();
      }
      for (const one of undo.splice(0)) await one();
    };
    await lives(2);
    await vi.waitFor(() => expect(stream.readers).toBe(0), PATIENCE);
    await wait(500);
    const base = { files: openFiles(), timers: timers() };

    for (let round = 0; round < 10; round++) await lives(10);

    // Not by `waitFor`, which has timers of its own.
    for (let i = 0; i < 150 && (openFiles() > base.files || timers() > base.timers); i++) await wait(100);
    expect(openFiles()).toBeLessThanOrEqual(base.files);
    expect(timers()).toBeLessThanOrEqual(base.timers);
    expect(stream.readers).toBe(0);
  }, 60_000);
});

const openFiles = (): number => readdirSync('/proc/self/fd').length;

const timers = (): number => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
