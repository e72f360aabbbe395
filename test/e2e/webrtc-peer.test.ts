import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { micros, PinholeError, silentLogger } from '@pinhole/core';
import type { OfferedPeer, Peer, PeerEvent } from '@pinhole/engine';
import { createWeriftPeerFactory, typescriptFanout } from '@pinhole/outputs/webrtc';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest';
import { type Browser, openChromium } from '../support/chromium.ts';
import { ClipCamera, type ClipOptions, encodeClip } from '../support/clip.ts';
import { needs } from '../support/third-parties.ts';

const now = () => micros(Math.round((performance.timeOrigin + performance.now()) * 1000));

const ABS_CAPTURE_TIME = 'http://www.webrtc.org/experiments/rtp-hdrext/abs-capture-time';

/** Runs in the page: watches for so long, then says what was seen. */
async function watch({ extension, forMs }: { readonly extension: string; readonly forMs: number }) {
  const start = performance.now();
  const connection = new RTCPeerConnection();
  const { receiver } = connection.addTransceiver('video', { direction: 'recvonly' });
  connection.createDataChannel('pinhole');
  const video = document.createElement('video');
  video.muted = true;
  video.srcObject = new MediaStream([receiver.track]);
  document.body.append(video);
  const first = new Promise<number>((resolve) => {
    video.requestVideoFrameCallback(() => resolve(performance.now() - start));
  });
  const offer = await connection.createOffer();
  const sdp = offer.sdp?.replace('a=recvonly', `a=extmap:12 ${extension}\r\na=recvonly`) ?? '';
  await connection.setLocalDescription({ type: 'offer', sdp });
  const response = await fetch('/offer', { method: 'POST', body: connection.localDescription?.sdp ?? '' });
  if (!response.ok) return { refusal: await response.text() };
  await connection.setRemoteDescription({ type: 'answer', sdp: await response.text() });
  await video.play();
  const firstFrameMs = await first;
  await new Promise((resolve) => setTimeout(resolve, forMs));
  const stats = [...(await connection.getStats()).values()].find(({ type }) => type === 'inbound-rtp');
  const [source] = receiver.getSynchronizationSources() as (RTCRtpSynchronizationSource & {
    captureTimestamp?: number;
  })[];
  connection.close();
  return {
    firstFrameMs,
    width: video.videoWidth,
    height: video.videoHeight,
    framesDecoded: Number(stats?.framesDecoded),
    framesDropped: Number(stats?.framesDropped),
    freezeCount: Number(stats?.freezeCount),
    pliCount: Number(stats?.pliCount),
    // NTP milliseconds
    captureTimestamp: source?.captureTimestamp,
  };
}

/** Runs in the page: answers an offer, watches for so long, then says what was seen. */
async function answerAndWatch({ extension, forMs }: { readonly extension: string; readonly forMs: number }) {
  const connection = new RTCPeerConnection();
  const video = document.createElement('video');
  video.muted = true;
  document.body.append(video);
  connection.ontrack = ({ streams }) => {
    video.srcObject = streams[0] ?? null;
  };
  connection.onicecandidate = ({ candidate }) => {
    void fetch('/candidate', { method: 'POST', body: candidate?.candidate ?? '' });
  };
  const offer = await (await fetch('/invitation')).text();
  await connection.setRemoteDescription({ type: 'offer', sdp: offer });
  const first = new Promise((resolve) => video.requestVideoFrameCallback(resolve));
  const answer = await connection.createAnswer();
  answer.sdp = answer.sdp?.replace('a=recvonly', `a=extmap:4 ${extension}\r\na=recvonly`) ?? '';
  await connection.setLocalDescription(answer);
  const response = await fetch('/answer', { method: 'POST', body: answer.sdp });
  if (!response.ok) return { refusal: await response.text() };
  await video.play();
  await first;
  await new Promise((resolve) => setTimeout(resolve, forMs));
  const stats = [...(await connection.getStats()).values()].find(({ type }) => type === 'inbound-rtp');
  const [source] = connection
    .getReceivers()
    .flatMap((receiver) => receiver.getSynchronizationSources()) as (RTCRtpSynchronizationSource & {
    captureTimestamp?: number;
  })[];
  connection.close();
  return {
    width: video.videoWidth,
    height: video.videoHeight,
    framesDecoded: Number(stats?.framesDecoded),
    freezeCount: Number(stats?.freezeCount),
    captureTimestamp: source?.captureTimestamp,
  };
}

needs('chromium', 'ffmpeg').describe('Chromium', () => {
  let browser: Browser;
  let server: Server;
  let page: Page;
  let camera: ClipCamera;
  const peers: (Peer | OfferedPeer)[] = [];
  let offered: OfferedPeer | undefined;
  const events: PeerEvent['kind'][] = [];
  let network: 'up' | 'down' = 'up';
  const factory = createWeriftPeerFactory({
    now,
    log: silentLogger,
    hostAddresses: ['127.0.0.1', '::1'],
    fanout: {
      name: 'interruptible',
      open: (options) =>
        typescriptFanout.open({
          ...options,
          path: {
            queuedBytes: 0,
            direct: undefined,
            send: (datagram) => {
              if (network === 'up') options.path.send(datagram);
            },
          },
        }),
    },
  });

  beforeAll(async () => {
    server = createServer((request, response) => {
      if (request.url === '/invitation') {
        void factory
          .offer({ stream: camera.stream, handle: ({ kind }) => events.push(kind) })
          .then((peer) => {
            offered = peer;
            peers.push(peer);
            response.end(peer.offer);
          });
        return;
      }
      if (request.url === '/answer' || request.url === '/candidate') {
        text(request)
          .then((body) => (request.url === '/answer' ? offered?.accept(body) : offered?.addCandidate(body)))
          .then(
            () => response.end(),
            (error: unknown) => {
              response.statusCode = 406;
              response.end(error instanceof PinholeError ? error.code : String(error));
            },
          );
        return;
      }
      if (request.method !== 'POST') {
        response.setHeader('content-type', 'text/html').end('<!doctype html><title>viewer</title>');
        return;
      }
      text(request)
        .then((offer) =>
          factory.open({ offer, stream: camera.stream, handle: ({ kind }) => events.push(kind) }),
        )
        .then(
          (peer) => {
            peers.push(peer);
            response.end(peer.answer);
          },
          (error: unknown) => {
            response.statusCode = 406;
            response.end(error instanceof PinholeError ? error.code : String(error));
          },
        );
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    browser = await openChromium();
    page = await browser.newPage();
    await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  });

  afterEach(async () => {
    camera.stop();
    await Promise.all(peers.splice(0).map((peer) => peer.close()));
    events.length = 0;
  });

  afterAll(async () => {
    await browser.close();
    server.close();
  });

  const play = (options: ClipOptions): void => {
    camera = new ClipCamera(encodeClip(options), { now });
    camera.play();
  };

  it.each([
    ['baseline', 30],
    ['main', 300],
    ['high', 300],
  ] as const)('decodes %s with a GOP of %d frames, the first picture at once', async (profile, gop) => {
    play({ profile, gop, seconds: 10 });
    await new Promise((resolve) => setTimeout(resolve, 700));

    const seen = await page.evaluate(watch, { extension: ABS_CAPTURE_TIME, forMs: 1500 });

    console.log(`${profile}, GOP ${gop}: first frame ${seen.firstFrameMs?.toFixed(0)} ms after createOffer`);
    expect(seen).toMatchObject({ width: 640, height: 360, framesDropped: 0, freezeCount: 0, pliCount: 0 });
    expect(seen.framesDecoded).toBeGreaterThan(30);
    // The page reads our clock out of the packets: now, give or take what decoding takes.
    const captured = (seen.captureTimestamp ?? 0) - 2_208_988_800_000;
    expect(Math.abs(captured - now() / 1000)).toBeLessThan(2000);
    await vi.waitFor(() => expect(events.at(-1)).toBe('left'));
    expect(events.slice(0, 2)).toEqual(['connected', 'heard']);
  });

  it.each([
    ['baseline', 30],
    ['high', 300],
  ] as const)(
    'answers an offer of ours and decodes %s, with its candidates one by one',
    async (profile, gop) => {
      play({ profile, gop, seconds: 10 });

      const seen = await page.evaluate(answerAndWatch, { extension: ABS_CAPTURE_TIME, forMs: 1000 });

      expect(seen).toMatchObject({ width: 640, height: 360, freezeCount: 0 });
      expect(seen.framesDecoded).toBeGreaterThan(20);
      const captured = (seen.captureTimestamp ?? 0) - 2_208_988_800_000;
      expect(Math.abs(captured - now() / 1000)).toBeLessThan(2000);
      await vi.waitFor(() => expect(events.at(-1)).toBe('left'));
      expect(events.slice(0, 2)).toEqual(['connected', 'heard']);
      await expect(offered?.accept('v=0')).rejects.toMatchObject({ code: 'webrtc/unsupported' });
    },
  );

  it('sees the picture again soon after an outage, in the middle of a long GOP', async () => {
    play({ gop: 300, seconds: 10 });
    const seen = page.evaluate(watch, { extension: ABS_CAPTURE_TIME, forMs: 7000 });
    await vi.waitFor(() => expect(events).toContain('connected'), { timeout: 5000 });
    await new Promise((resolve) => setTimeout(resolve, 2500));

    network = 'down';
    await new Promise((resolve) => setTimeout(resolve, 1500));
    network = 'up';

    // 75 before it, and without help nothing until the next key frame, after ten seconds.
    const { framesDecoded } = await seen;
    console.log(`outage of 1.5 s: ${framesDecoded} frames decoded in 7 s`);
    expect(framesDecoded).toBeGreaterThan(150);
  });

  it('is refused B-frames, which it could not play', async () => {
    play({ profile: 'main', bFrames: 2 });
    await vi.waitFor(() => expect(camera.stream.parameters?.bFrames).toBe(true), { timeout: 5000 });

    expect(await page.evaluate(watch, { extension: ABS_CAPTURE_TIME, forMs: 0 })).toEqual({
      refusal: 'webrtc/b-frames',
    });
  });

  it('is gone within moments when its page is', async () => {
    play({});
    const seen = page.evaluate(watch, { extension: ABS_CAPTURE_TIME, forMs: 60_000 }).catch(() => 'gone');
    await vi.waitFor(() => expect(events).toContain('connected'), { timeout: 5000 });

    await page.reload();

    expect(await seen).toBe('gone');
    await vi.waitFor(() => expect(events.at(-1)).toBe('left'));
  });
});
