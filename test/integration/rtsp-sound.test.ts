import type { SourceAudioFrame } from '@pinhole/engine';
import { expect, it } from 'vitest';
import { type RtspSetup, setUpRtsp } from '../support/rtsp-rig.ts';

const SDP = [
  'v=0',
  'o=- 1 1 IN IP4 0.0.0.0',
  's=x',
  't=0 0',
  'm=video 0 RTP/AVP 96',
  'a=rtpmap:96 H264/90000',
  'a=control:track1',
];
const SOUND = ['m=audio 0 RTP/AVP 0', 'a=control:track2'];
const sdp = [...SDP, ...SOUND];
const source = { audio: 'on' } as const;

/** Answers to what is asked of the second track. */
const ofSound = (
  answer: NonNullable<ReturnType<NonNullable<RtspSetup['answer']>>>,
): NonNullable<RtspSetup['answer']> => {
  return ({ method, url }) => (method === 'SETUP' && url.endsWith('track2') ? answer : undefined);
};

it('asks for sound between the pictures and PLAY, on channels of its own', async (test) => {
  const { camera, run } = await setUpRtsp(test, { sdp, source });
  await run.until(() => run.units.length >= 3);

  expect(camera.methods.slice(0, 5)).toEqual(['OPTIONS', 'DESCRIBE', 'SETUP', 'SETUP', 'PLAY']);
  expect(camera.asked[3]?.url).toBe(camera.url('/live/track2'));
  expect(camera.asked[3]?.headers['transport']).toBe('RTP/AVP/TCP;unicast;interleaved=2-3');
  expect(run.source.counters.sound).toMatchObject({ missing: 0, broke: 0 });
});

it('asks for no sound that nobody wants', async (test) => {
  const { camera, run } = await setUpRtsp(test, { sdp });
  await run.until(() => run.units.length >= 3);

  expect(camera.methods.slice(0, 4)).toEqual(['OPTIONS', 'DESCRIBE', 'SETUP', 'PLAY']);
});

it.for<readonly [string, RtspSetup, string]>([
  ['refuses it', { answer: ofSound({ status: '461 Unsupported Transport' }) }, 'SETUP: 461'],
  ['does not let us hear it', { answer: ofSound({ status: '403 Forbidden' }) }, 'does not let this user in'],
  [
    'encrypts it',
    { answer: ofSound({ headers: ['Session: 7', 'Transport: RTP/SAVP/TCP;unicast;interleaved=2-3'] }) },
    'RTP/SAVP',
  ],
  [
    'answers nonsense',
    { answer: ofSound({ headers: ['Session: 7', 'Transport: carrier pigeon'] }) },
    'Transport',
  ],
  [
    'sends it by UDP only',
    { answer: ofSound({ headers: ['Session: 7', 'Transport: RTP/AVP;unicast;server_port=6000-6001'] }) },
    'by UDP only',
  ],
  ['has none', { sdp: SDP }, 'it describes none'],
  [
    'codes it as nobody else does',
    { sdp: [...SDP, 'm=audio 0 RTP/AVP 97', 'a=rtpmap:97 G726-32/8000', 'a=control:track2'] },
    'G726-32',
  ],
  [
    'describes it as encrypted',
    { sdp: [...SDP, 'm=audio 0 RTP/SAVP 0', 'a=control:track2'] },
    'RTP/SAVP, not plain RTP',
  ],
])(
  'a camera that %s shows its pictures on the same connection, and the log says why once',
  async ([, setup, why], test) => {
    const { camera, run } = await setUpRtsp(test, { sdp, source, ...setup });
    await run.until(() => run.units.length >= 3);

    expect(camera.connections).toBe(1);
    expect(run.source.counters.sound).toMatchObject({ frames: 0, missing: 1, broke: 0 });
    const told = run.lines.filter((line) => line.includes('received without sound'));
    expect(told).toHaveLength(1);
    expect(told[0]).toContain(why);
  },
);

it.for<readonly [string, RtspSetup]>([
  ['does not answer when it is asked for sound', { answer: ofSound({ silent: true }) }],
  ['answers what nobody can read', { answer: ofSound({ status: '200 OK\r\nContent-Length: -5' }) }],
  [
    'does not play with it',
    {
      answer: ({ method }, count) =>
        method === 'PLAY' && count === 1 ? { status: '455 Method Not Valid in This State' } : undefined,
    },
  ],
])('a camera that %s is connected once more, without it', async ([, setup], test) => {
  const { camera, run } = await setUpRtsp(test, { sdp, source, ...setup });
  await run.until(() => run.units.length >= 3);

  expect(camera.connections).toBe(2);
  expect(run.codes).toEqual([]);
  expect(run.source.counters.sound).toMatchObject({ frames: 0, broke: 1 });
  expect(run.lines.filter((line) => line.includes('received without sound'))).toHaveLength(1);
});

it('a camera that shows nothing while it was asked for sound is tried without', async (test) => {
  const { camera, run } = await setUpRtsp(test, {
    sdp,
    // Says that it plays with two tracks, and breaks off.
    answer: ({ method }, count) =>
      method === 'PLAY' && count === 1 ? { status: '200 OK', silent: true } : undefined,
    source,
  });
  await run.until(() => run.units.length >= 3);

  const setUps = camera.asked.filter(({ method }) => method === 'SETUP').map(({ url }) => url.slice(-6));
  expect(setUps).toEqual(['track1', 'track2', 'track1']);
}, 20_000);

it('hands sound over on the time line of the pictures', async (test) => {
  const { run } = await setUpRtsp(test, { sdp, source, sound: { payloadType: 0, bytes: 80, ticks: 80 } });
  await run.until(() => run.units.length >= 60 && run.sounds.length >= 60);

  const [first] = run.sounds as readonly SourceAudioFrame[];
  expect(first?.parameters).toEqual({ codec: 'pcmu', sampleRate: 8000, channels: 1 });
  expect(first?.duration).toBe(10_000);
  for (const [i, { pts }] of run.sounds.entries()) expect(pts - (first?.pts ?? 0)).toBe(i * 10_000);
  const picture = run.units[0];
  // Both are sent at the same moment; a packet of sound began to be heard 10 ms before.
  expect(Math.abs((first?.pts ?? 0) - (picture?.pts ?? 0))).toBeLessThan(60_000);
  expect(run.source.counters.sound.frames).toBeGreaterThanOrEqual(60);
});
