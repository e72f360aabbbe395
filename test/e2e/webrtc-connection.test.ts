import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { getRequestListener } from '@hono/node-server';
import { micros, silentLogger } from '@pinhole/core';
import {
  Cameras,
  type DataChannel,
  type Peer,
  type PeerEvent,
  type PeerRequest,
  type ViewerAudioFrame,
  ViewerRegistry,
  ViewerSessions,
} from '@pinhole/engine';
import { createWeriftPeerFactory } from '@pinhole/outputs/webrtc';
import { createWhepHandler } from '@pinhole/signaling/whep';
import { SharedPort } from '@pinhole/webrtc';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest';
import { type Browser, openChromium } from '../support/chromium.ts';
import { ClipCamera, encodeClip } from '../support/clip.ts';
import { LossyProxy } from '../support/lossy-proxy.ts';
import { scriptedCamera } from '../support/scripted-camera.ts';
import { framesFrom, type SoundClip, soundClip } from '../support/sound-clip.ts';
import { testFanout } from '../support/test-fanout.ts';
import { needs } from '../support/third-parties.ts';

/** A machine that is busy takes its time. */
const PATIENCE = { timeout: 15_000 };

const now = () => micros(Math.round((performance.timeOrigin + performance.now()) * 1000));

/** What the page keeps of its connection, and what it can be asked. */
interface ViewerPage {
  readonly connection: RTCPeerConnection;
  readonly channels: Record<string, RTCDataChannel>;
  readonly streams: Set<MediaStream>;
  /** Makes an offer and takes the answer. */
  readonly negotiate: () => Promise<void>;
  readonly stats: () => Promise<Record<string, Record<string, number | string>>>;
}

/**
 * Runs in the page: watches by WHEP, restarts ICE by PATCH, and says what it got: the statuses, and how many pictures
 * came before and after.
 */
async function restartByWhep(): Promise<{
  readonly statuses: readonly number[];
  readonly tags: readonly string[];
}> {
  const connection = new RTCPeerConnection();
  const { receiver } = connection.addTransceiver('video', { direction: 'recvonly' });
  Object.assign(window, { whep: connection });
  const lineOf = (sdp: string, name: string): string =>
    new RegExp(`^a=${name}:.*$`, 'm').exec(sdp)?.[0].trim() ?? '';
  const firstPictures = async (count: number): Promise<void> => {
    const decoded = async (): Promise<number> => {
      const all = [...(await receiver.getStats()).values()] as Record<string, number | string>[];
      return Number(all.find(({ type }) => type === 'inbound-rtp')?.['framesDecoded'] ?? 0);
    };
    const until = (await decoded()) + count;
    while ((await decoded()) < until) await new Promise((resolve) => setTimeout(resolve, 50));
  };
  const video = document.createElement('video');
  video.muted = true;
  video.srcObject = new MediaStream([receiver.track]);
  document.body.replaceChildren(video);
  await connection.setLocalDescription();
  const opened = await fetch('/whep/garden', {
    method: 'POST',
    headers: { 'Content-Type': 'application/sdp' },
    body: connection.localDescription?.sdp ?? '',
  });
  const answer = await opened.text();
  await connection.setRemoteDescription({ type: 'answer', sdp: answer });
  await video.play();
  await firstPictures(15);

  connection.restartIce();
  await connection.setLocalDescription();
  const offer = connection.localDescription?.sdp ?? '';
  const restarted = await fetch(opened.headers.get('Location') ?? '', {
    method: 'PATCH',
    headers: { 'Content-Type': 'application/trickle-ice-sdpfrag', 'If-Match': '*' },
    body: `${lineOf(offer, 'ice-ufrag')}\r\n${lineOf(offer, 'ice-pwd')}\r\n`,
  });
  const fragment = await restarted.text();
  const candidates = fragment.match(/^a=candidate:.*$/gm) ?? [];
  const sdp = answer
    .replace(/^a=(?:candidate:.*|end-of-candidates)\r\n/gm, '')
    .replace(/^a=ice-ufrag:.*$/gm, lineOf(fragment, 'ice-ufrag'))
    .replace(/^a=ice-pwd:.*\r\n/gm, (line) => (line ? `${lineOf(fragment, 'ice-pwd')}\r\n` : line))
    .replace(/^a=mid:.*\r\n/m, (line) => `${line}${candidates.map((one) => `${one.trim()}\r\n`).join('')}`);
  await connection.setRemoteDescription({ type: 'answer', sdp });
  const { transport } = receiver;
  while (transport?.iceTransport.getSelectedCandidatePair()?.remote?.usernameFragment === undefined)
    await new Promise((resolve) => setTimeout(resolve, 50));
  await firstPictures(15);
  return {
    statuses: [opened.status, restarted.status],
    tags: [opened.headers.get('ETag') ?? '', restarted.headers.get('ETag') ?? ''],
  };
}

/** Runs in the page: connects as the clients of pi-webrtc do. */
async function connectViewer({ pool }: { readonly pool: number }): Promise<void> {
  const connection = new RTCPeerConnection({ iceCandidatePoolSize: pool });
  const streams = new Set<MediaStream>();
  connection.addEventListener('track', ({ streams: [stream] }) => {
    if (stream) streams.add(stream);
  });
  connection.addTransceiver('video', { direction: 'recvonly' });
  connection.addTransceiver('audio', { direction: 'sendrecv' });
  const channel = (id: number, label: string, options: RTCDataChannelInit = {}): RTCDataChannel => {
    const opened = connection.createDataChannel(label, { negotiated: true, id, ...options });
    opened.binaryType = 'arraybuffer';
    return opened;
  };
  const channels = {
    command: channel(0, 'command'),
    lossy: channel(1, '_lossy', { maxRetransmits: 0 }),
    reliable: channel(2, '_reliable'),
  };
  const microphone = await navigator.mediaDevices.getUserMedia({ audio: true });
  for (const track of microphone.getAudioTracks()) connection.addTrack(track, microphone);
  const negotiate = async (): Promise<void> => {
    await connection.setLocalDescription();
    const response = await fetch('/offer', { method: 'POST', body: connection.localDescription?.sdp ?? '' });
    if (!response.ok) throw new Error(await response.text());
    await connection.setRemoteDescription({ type: 'answer', sdp: await response.text() });
  };
  const stats = async () => {
    const found: Record<string, Record<string, number | string>> = {};
    for (const one of (await connection.getStats()).values()) {
      const { type, kind = '' } = one as { readonly type: string; readonly kind?: string };
      found[`${type} ${kind}`.trim()] = one as Record<string, number | string>;
    }
    return found;
  };
  Object.assign(window, { viewer: { connection, channels, streams, negotiate, stats } satisfies ViewerPage });
  await negotiate();
  await new Promise<void>((resolve) => {
    if (channels.command.readyState === 'open') resolve();
    else channels.command.addEventListener('open', () => resolve());
  });
  const video = document.createElement('video');
  video.srcObject = [...streams][0] ?? null;
  document.body.replaceChildren(video);
  await video.play();
}

const sharedPort = await SharedPort.open({ port: 0, addresses: ['127.0.0.1'], log: silentLogger });

needs('chromium', 'ffmpeg').describe('the connection of a Chromium', () => {
  let browser: Browser;
  let server: Server;
  let page: Page;
  let camera: ClipCamera;
  let sound: SoundClip;
  let speaking: NodeJS.Timeout | undefined;
  let peer: Peer | undefined;
  const events: PeerEvent['kind'][] = [];
  const channels = new Map<string, DataChannel>();
  const heard: ViewerAudioFrame[] = [];
  const fanout = testFanout('native');
  const factory = createWeriftPeerFactory({
    fanout,
    now,
    log: silentLogger,
    hostAddresses: ['127.0.0.1'],
    sharedPort,
  });

  const answer = async (offer: string): Promise<string> => {
    if (peer) return await peer.renegotiate(offer);
    const request: PeerRequest = {
      offer,
      stream: camera.stream,
      audio: 'both',
      video: 'if-offered',
      msid: { stream: 'garden', video: 'video_track', audio: 'audio_track' },
      channels: [
        { id: 0, label: 'command', ordered: true },
        { id: 1, label: '_lossy', ordered: true, maxRetransmits: 0 },
        { id: 2, label: '_reliable', ordered: true },
      ],
      onDataChannel: (channel) => channels.set(channel.label, channel),
      onAudio: (frame) => heard.push(frame),
      handle: ({ kind }) => events.push(kind),
    };
    peer = await factory.open(request);
    return peer.answer;
  };

  const { camera: garden, source } = scriptedCamera({ id: 'garden', now });
  const sessions = new ViewerSessions({
    peers: factory,
    registry: new ViewerRegistry({
      limits: { total: 4, perCamera: 4, perAddress: 4 },
      now,
      newId: () => crypto.randomUUID(),
    }),
    now,
    log: silentLogger,
  });
  const whep = createWhepHandler({
    sessions,
    cameras: new Cameras([garden]),
    iceServers: () => [],
    allowOrigin: () => false,
    log: silentLogger,
  });
  const whepListener = getRequestListener((request) => {
    const [, , id = '', session] = new URL(request.url).pathname.split('/');
    const identity = { tokenId: 'ann', address: '127.0.0.1' };
    return session === undefined
      ? whep.endpoint(request, { camera: id, identity })
      : whep.session(request, { camera: id, session, identity, admin: false });
  });

  beforeAll(async () => {
    sound = await soundClip('opus', 60);
    server = createServer((request, response) => {
      if (request.url?.startsWith('/whep/')) {
        void whepListener(request, response);
        return;
      }
      if (request.method !== 'POST') {
        response.setHeader('content-type', 'text/html').end('<!doctype html><title>viewer</title>');
        return;
      }
      text(request)
        .then(answer)
        .then(
          (sdp) => response.setHeader('content-type', 'application/sdp').end(sdp),
          (error: unknown) => {
            response.statusCode = 500;
            response.end(String(error));
          },
        );
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    browser = await openChromium({
      flags: ['--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream'],
    });
    camera = new ClipCamera(encodeClip({ seconds: 10, gop: 300 }), { now });
    camera.play();
    const frames = framesFrom(sound, { pts: micros(0), captureTime: now() });
    const start = performance.now();
    let due = 0;
    speaking = setInterval(() => {
      for (; due < performance.now() - start; due += 20) {
        const { value } = frames.next();
        if (value) camera.stream.writeAudio(value);
      }
    }, 10);
  });

  const open = async (url: string): Promise<Page> => {
    page = await browser.newPage();
    await page.goto(url);
    return page;
  };
  const url = (): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;

  /** A figure of the page's statistics. */
  const stat = async (type: string, name: string): Promise<number | string | undefined> =>
    (await page.evaluate(() => (window as never as { viewer: ViewerPage }).viewer.stats()))[type]?.[name];
  const figure = async (type: string, name: string): Promise<number> => Number(await stat(type, name));

  afterEach(async () => {
    await page.close();
    await peer?.close();
    peer = undefined;
    events.length = 0;
    heard.length = 0;
    channels.clear();
  });

  afterAll(async () => {
    clearInterval(speaking);
    camera.stop();
    await browser.close();
    server.close();
    await peer?.close();
    await sharedPort.close();
  });

  it('carries pictures and sound of one stream in step, and what the viewer says', async () => {
    await open(url());
    await page.evaluate(connectViewer, { pool: 10 });

    await expect.poll(() => figure('inbound-rtp audio', 'totalAudioEnergy'), PATIENCE).toBeGreaterThan(0.01);
    await expect.poll(() => figure('inbound-rtp video', 'framesDecoded'), PATIENCE).toBeGreaterThan(30);
    const streams = await page.evaluate(() =>
      [...(window as never as { viewer: ViewerPage }).viewer.streams].map((stream) => ({
        id: stream.id,
        tracks: stream
          .getTracks()
          .map(({ kind }) => kind)
          .sort(),
      })),
    );
    expect(streams).toEqual([{ id: 'garden', tracks: ['audio', 'video'] }]);
    // NTP times by which each is played: the browser has our reports of both.
    await expect
      .poll(() => figure('inbound-rtp audio', 'estimatedPlayoutTimestamp'), PATIENCE)
      .toBeGreaterThan(0);
    await expect
      .poll(() => figure('inbound-rtp video', 'estimatedPlayoutTimestamp'), PATIENCE)
      .toBeGreaterThan(0);
    const [audio, video] = await Promise.all([
      figure('inbound-rtp audio', 'estimatedPlayoutTimestamp'),
      figure('inbound-rtp video', 'estimatedPlayoutTimestamp'),
    ]);
    console.log(`sound is ${(video - audio).toFixed(0)} ms behind the pictures`);
    expect(Math.abs(video - audio)).toBeLessThan(1000);

    await expect.poll(() => heard.length, PATIENCE).toBeGreaterThan(50);
    const steps = heard
      .slice(1, 50)
      .map(({ timestamp }, i) => (timestamp - (heard[i]?.timestamp ?? 0)) >>> 0);
    expect(steps.every((ticks) => ticks > 0 && ticks % 480 === 0)).toBe(true);
    await expect.poll(() => figure('remote-inbound-rtp audio', 'roundTripTime'), PATIENCE).toBeGreaterThan(0);
  });

  it('has channels that need no opening, for text and bytes up to 256 KiB both ways', async () => {
    await open(url());
    await page.evaluate(connectViewer, { pool: 0 });
    await vi.waitFor(
      () => expect([...channels.keys()].sort()).toEqual(['_lossy', '_reliable', 'command']),
      PATIENCE,
    );
    for (const channel of channels.values()) channel.subscribe((message) => channel.send(message));

    const echoed = await page.evaluate(async () => {
      const { channels: ours } = (window as never as { viewer: ViewerPage }).viewer;
      const ask = (label: string, message: string | ArrayBuffer): Promise<string | ArrayBuffer> =>
        new Promise((resolve) => {
          const channel = ours[label];
          channel?.addEventListener('message', ({ data }) => resolve(data as string | ArrayBuffer), {
            once: true,
          });
          if (typeof message === 'string') channel?.send(message);
          else channel?.send(message);
        });
      const large = crypto.getRandomValues(new Uint8Array(65_536));
      const largest = new Uint8Array(262_144);
      for (let at = 0; at < largest.length; at += large.length) largest.set(large, at);
      const back = (await ask('reliable', largest.buffer)) as ArrayBuffer;
      return {
        text: await ask('command', 'grüße'),
        empty: await ask('command', ''),
        lossy: ((await ask('lossy', new Uint8Array([1, 2, 3]).buffer)) as ArrayBuffer).byteLength,
        same: new Uint8Array(back).every((byte, at) => byte === largest[at]) && back.byteLength === 262_144,
      };
    });

    expect(echoed).toEqual({ text: 'grüße', empty: '', lossy: 3, same: true });
  });

  it('carries a file of 20 MB while the pictures go on, no more than a MiB of it waiting', async () => {
    await open(url());
    await page.evaluate(connectViewer, { pool: 0 });
    await vi.waitFor(() => expect(channels.get('command')).toBeDefined(), PATIENCE);
    const command = channels.get('command');
    if (!command) return;
    const block = Uint8Array.from({ length: 65_000 }, (_, i) => (i * i) >> 3);
    const total = 308 * block.byteLength;
    const received = page.evaluate(async (sizeBytes) => {
      const { channels: ours } = (window as never as { viewer: ViewerPage }).viewer;
      const file = new Uint8Array(sizeBytes);
      let at = 0;
      await new Promise<void>((resolve) => {
        ours['command']?.addEventListener('message', ({ data }) => {
          file.set(new Uint8Array(data as ArrayBuffer), at);
          at += (data as ArrayBuffer).byteLength;
          if (at === sizeBytes) resolve();
        });
      });
      const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', file));
      return [...digest].map((byte) => byte.toString(16).padStart(2, '0')).join('');
    }, total);
    const before = await figure('inbound-rtp video', 'framesDecoded');

    let sent = 0;
    let most = 0;
    const hash = createHash('sha256');
    const start = performance.now();
    await new Promise<void>((resolve) => {
      const pump = (): void => {
        while (sent < total && command.send(block)) {
          hash.update(block);
          sent += block.byteLength;
          most = Math.max(most, command.bufferedAmount);
        }
        if (sent < total) command.whenAtMost(512 * 1024, pump);
        else command.whenAtMost(0, resolve);
      };
      pump();
    });

    const seconds = (performance.now() - start) / 1000;
    console.log(`20 MB in ${seconds.toFixed(1)} s, ${(total / 1e6 / seconds).toFixed(1)} MB/s`);
    expect(await received).toBe(hash.digest('hex'));
    expect(most).toBeLessThanOrEqual(2 ** 20);
    expect(command.bufferedAmount).toBe(0);
    await expect
      .poll(() => figure('inbound-rtp video', 'framesDecoded'), PATIENCE)
      .toBeGreaterThan(before + 5);
  });

  it('goes on over another path when the page restarts ICE: the same DTLS session, not a picture lost', async () => {
    await open(url());
    await page.evaluate(connectViewer, { pool: 0 });
    await vi.waitFor(() => expect(channels.get('command')).toBeDefined(), PATIENCE);
    const messages: (string | Uint8Array)[] = [];
    channels.get('command')?.subscribe((message) => messages.push(message));
    await expect.poll(() => figure('inbound-rtp video', 'framesDecoded'), PATIENCE).toBeGreaterThan(15);
    const pair = await stat('transport', 'selectedCandidatePairId');
    const states = page.evaluate(() => {
      const { connection } = (window as never as { viewer: ViewerPage }).viewer;
      const seen: string[] = [];
      connection
        .getReceivers()[0]
        ?.transport?.addEventListener('statechange', () =>
          seen.push(String(connection.getReceivers()[0]?.transport?.state)),
        );
      return seen;
    });

    await page.evaluate(async () => {
      const { connection, negotiate } = (window as never as { viewer: ViewerPage }).viewer;
      connection.restartIce();
      await negotiate();
    });

    await expect.poll(() => stat('transport', 'selectedCandidatePairId'), PATIENCE).not.toBe(pair);
    const decoded = await figure('inbound-rtp video', 'framesDecoded');
    await expect
      .poll(() => figure('inbound-rtp video', 'framesDecoded'), PATIENCE)
      .toBeGreaterThan(decoded + 30);
    await page.evaluate(() =>
      (window as never as { viewer: ViewerPage }).viewer.channels['command']?.send('there'),
    );
    await vi.waitFor(() => expect(messages).toEqual(['there']), PATIENCE);
    expect(await states).toEqual([]);
    expect(await stat('transport', 'dtlsState')).toBe('connected');
    expect(await figure('inbound-rtp video', 'packetsLost')).toBe(0);
    expect(events.filter((kind) => kind === 'connected')).toHaveLength(1);
    expect(events).not.toContain('left');
  });

  it('comes back by a restart of ICE when its path died', async () => {
    const proxy = await new LossyProxy((server.address() as AddressInfo).port).open();
    await open(proxy.url);
    await page.evaluate(() => Object.assign(window, { directFetch: window.fetch.bind(window) }));
    await proxy.takeAnswersOf(page);
    await page.evaluate(connectViewer, { pool: 0 });
    await expect.poll(() => figure('inbound-rtp video', 'framesDecoded'), PATIENCE).toBeGreaterThan(15);
    const command = channels.get('command');

    proxy.impair({ loss: 1 });
    await vi.waitFor(() => expect(events.at(-1)).toBe('disconnected'), PATIENCE);
    for (let i = 0; i < 8; i++) command?.send(new Uint8Array(65_536).fill(i));
    const received = page.evaluate(
      () =>
        new Promise<number>((resolve) => {
          let bytes = 0;
          const { channels: ours } = (window as never as { viewer: ViewerPage }).viewer;
          ours['command']?.addEventListener('message', ({ data }) => {
            bytes += (data as ArrayBuffer).byteLength;
            if (bytes === 8 * 65_536) resolve(bytes);
          });
        }),
    );
    await page.evaluate(async () => {
      const { viewer, directFetch } = window as never as { viewer: ViewerPage; directFetch: typeof fetch };
      window.fetch = directFetch;
      viewer.connection.restartIce();
      await viewer.negotiate();
    });

    expect(await received).toBe(8 * 65_536);
    const decoded = await figure('inbound-rtp video', 'framesDecoded');
    await expect
      .poll(() => figure('inbound-rtp video', 'framesDecoded'), PATIENCE)
      .toBeGreaterThan(decoded + 15);
    await vi.waitFor(() => expect(events.at(-1)).toBe('heard'), PATIENCE);
    expect(events.filter((kind) => kind === 'connected')).toHaveLength(1);
    await proxy.close();
  });

  it('restarts ICE by a PATCH of WHEP', async () => {
    const clip = encodeClip({ seconds: 2, gop: 30 });
    let next = 0;
    const film = setInterval(() => {
      const picture = clip[next++ % clip.length];
      if (picture) source.picture(picture);
      garden.tick();
    }, 33);
    await open(url());

    const { statuses, tags } = await page.evaluate(restartByWhep);

    expect(statuses).toEqual([201, 200]);
    expect(tags[0]).not.toBe(tags[1]);
    expect(sessions.totals.datagramsRefused).toBe(0);
    clearInterval(film);
    await garden.close();
  });

  it('gives tracks up and takes them again, and begins with data channels alone', async () => {
    await open(url());
    await page.evaluate(async () => {
      const connection = new RTCPeerConnection();
      const command = connection.createDataChannel('command', { negotiated: true, id: 0 });
      const negotiate = async (): Promise<void> => {
        await connection.setLocalDescription();
        const body = connection.localDescription?.sdp ?? '';
        const response = await fetch('/offer', { method: 'POST', body });
        if (!response.ok) throw new Error(await response.text());
        await connection.setRemoteDescription({ type: 'answer', sdp: await response.text() });
      };
      const stats = async () => {
        const all = [...(await connection.getStats()).values()] as Record<string, number | string>[];
        const found = all.find(({ type, kind }) => type === 'inbound-rtp' && kind === 'video');
        return { 'inbound-rtp video': found ?? { framesDecoded: 0 } };
      };
      const viewer: ViewerPage = { connection, channels: { command }, streams: new Set(), negotiate, stats };
      Object.assign(window, { viewer });
      await negotiate();
      await new Promise((resolve) => command.addEventListener('open', resolve));
    });
    expect(peer?.stats().packetsSent).toBe(0);

    await page.evaluate(async () => {
      const { connection, negotiate } = (window as never as { viewer: ViewerPage }).viewer;
      const { receiver } = connection.addTransceiver('video', { direction: 'recvonly' });
      const video = document.createElement('video');
      video.srcObject = new MediaStream([receiver.track]);
      document.body.replaceChildren(video);
      await negotiate();
      await video.play();
    });
    await expect.poll(() => figure('inbound-rtp video', 'framesDecoded'), PATIENCE).toBeGreaterThan(15);

    const turn = (direction: RTCRtpTransceiverDirection): Promise<void> =>
      page.evaluate(async (to) => {
        const { connection, negotiate } = (window as never as { viewer: ViewerPage }).viewer;
        for (const transceiver of connection.getTransceivers()) transceiver.direction = to;
        await negotiate();
      }, direction);
    await turn('inactive');
    const sent = peer?.stats().packetsSent ?? 0;
    await vi.waitFor(() => expect(camera.stream.readers).toBe(0), PATIENCE);
    await turn('recvonly');
    await vi.waitFor(() => expect(peer?.stats().packetsSent).toBeGreaterThan(sent + 20), PATIENCE);
    const decoded = await figure('inbound-rtp video', 'framesDecoded');
    await expect
      .poll(() => figure('inbound-rtp video', 'framesDecoded'), PATIENCE)
      .toBeGreaterThan(decoded + 15);
    expect(events.filter((kind) => kind === 'connected')).toHaveLength(1);
  });
});
