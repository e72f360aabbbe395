import { ticks90k } from '@pinhole/core';
import { joinAvcc } from '@pinhole/media/h264';
import { ALL_FORMATS, BufferSource, EncodedPacketSink, Input } from 'mediabunny';
import { describe, expect, it } from 'vitest';
import type { H264_FIXTURES } from '../../../../test/support/h264-fixture.ts';
import { hex } from '../../../../test/support/hex.ts';
import { readFmp4 } from '../../../../test/support/read-fmp4.ts';
import {
  AAC,
  audioSamples,
  fragmentOf,
  OPUS,
  parametersOf,
  videoSamples,
} from '../../../../test/support/recording-samples.ts';
import { aacLowComplexityConfig, audioCodecString } from './audio-track.ts';
import { boxesIn } from './box-header.ts';
import { initSegment } from './init-segment.ts';
import { parseMovie } from './parse-movie.ts';
import { movieFragmentRandomAccess } from './random-access.ts';
import type { TrackSample } from './recording-fragment.ts';
import { recordingHeader } from './recording-header.ts';

type FixtureName = (typeof H264_FIXTURES)[number];

describe('a recording', () => {
  it.each<FixtureName>(['baseline', 'main-b-frames', 'high-slices', 'open-gop'])(
    'is read back by mediabunny with its sound: %s',
    async (name) => {
      const video = videoSamples(name);
      const half = Math.ceil(video.length / 2);
      const header = recordingHeader({ ...parametersOf(name), audio: AAC, note: hex('7b 7d') });
      const first = fragmentOf([
        { trackId: 1, baseDecodeTime: 0, samples: video.slice(0, half) },
        { trackId: 2, baseDecodeTime: 0, samples: audioSamples(10) },
      ]);
      const second = fragmentOf(
        [
          { trackId: 1, baseDecodeTime: half * 3600, samples: video.slice(half) },
          { trackId: 2, baseDecodeTime: 10_240, samples: audioSamples(3) },
        ],
        2,
      );
      const file = Buffer.concat([header.bytes, first.bytes, second.bytes, movieFragmentRandomAccess([])]);

      const read = await readFmp4([file]);
      const input = new Input({ source: new BufferSource(file), formats: ALL_FORMATS });
      const track = await input.getPrimaryAudioTrack();
      if (track === null) throw new Error('no audio track');
      const sound = [];
      for await (const packet of new EncodedPacketSink(track).packets()) sound.push(packet);

      expect(read.packets.map(({ bytes }) => bytes)).toEqual(video.map(({ parts }) => joinAvcc(parts)));
      expect(read.packets.map(({ key }) => key)).toEqual(video.map(({ key }) => key));
      expect(read.packets.map(({ timestamp }) => Math.round(timestamp * 90_000))).toEqual(
        video.map(({ compositionOffsetTicks }, i) => i * 3600 + compositionOffsetTicks),
      );
      expect(await track.getCodecParameterString()).toBe('mp4a.40.2');
      expect(await track.getSampleRate()).toBe(48_000);
      expect(await track.getNumberOfChannels()).toBe(2);
      expect(sound.map(({ data }) => data.length)).toEqual(Array.from({ length: 13 }, () => 3));
      expect(sound.map(({ timestamp }) => Math.round(timestamp * 48_000))).toEqual(
        Array.from({ length: 13 }, (_, i) => i * 1024),
      );
    },
  );

  it('is read back by mediabunny with Opus', async () => {
    const file = Buffer.concat([
      initSegment({ ...parametersOf('baseline'), audio: OPUS }),
      fragmentOf([
        { trackId: 1, baseDecodeTime: 0, samples: videoSamples('baseline') },
        { trackId: 2, baseDecodeTime: 0, samples: audioSamples(2) },
      ]).bytes,
    ]);

    const track = await new Input({
      source: new BufferSource(file),
      formats: ALL_FORMATS,
    }).getPrimaryAudioTrack();

    expect(await track?.getCodecParameterString()).toBe('opus');
    expect(await track?.getNumberOfChannels()).toBe(1);
  });

  it('tells its length once that is patched in, and none before', async () => {
    const header = recordingHeader({ ...parametersOf('baseline'), audio: AAC });
    const patched = Uint8Array.from(header.bytes);

    for (const { offset, bytes } of header.durationPatches({
      video: ticks90k(540_000),
      audio: ticks90k(539_000),
    })) {
      patched.set(bytes, offset);
    }

    expect(parseMovie(header.bytes).duration).toBeUndefined();
    expect(parseMovie(patched).duration).toBe(540_000);
    expect(patched.byteLength).toBe(header.bytes.byteLength);
    expect(Buffer.from(header.bytes).includes('mehd')).toBe(false);
    const mehd = Buffer.from(patched).indexOf('mehd');
    expect(patched.subarray(mehd - 4, mehd + 12)).toEqual(
      hex(`
        00 00 00 10 6d 65 68 64 # 16 bytes, mehd
        00 00 00 00             # version 0
        00 08 3d 60             # 540 000 ticks
      `),
    );
    expect([...boxesIn(patched)].map(({ type }) => type)).toEqual(['ftyp', 'moov']);
  });

  it('begins with its brands', () => {
    expect(recordingHeader(parametersOf('baseline')).bytes.subarray(0, 32)).toEqual(
      hex(`
        00 00 00 20 66 74 79 70 # 32 bytes, ftyp
        69 73 6f 36 00 00 00 00 # iso6, version 0
        69 73 6f 36 69 73 6f 6d # iso6, isom
        6d 70 34 31 61 76 63 31 # mp41, avc1
      `),
    );
  });

  it('writes esds and dOps field by field', () => {
    const aac = Buffer.from(initSegment({ ...parametersOf('baseline'), audio: AAC }));
    const opus = Buffer.from(initSegment({ ...parametersOf('baseline'), audio: OPUS }));

    const esds = aac.indexOf('esds') - 4;
    expect(Uint8Array.from(aac.subarray(esds, esds + 39))).toEqual(
      hex(`
        00 00 00 27 65 73 64 73 00 00 00 00      # 39 bytes, esds, version 0
        03 19 00 00 00                           # ES descriptor, 25 bytes, id 0
        04 11 40 15 00 00 00                     # decoder configuration, 17 bytes: MPEG-4 audio
        00 00 00 00 00 00 00 00                  # bit rates unknown
        05 02 11 90                              # AudioSpecificConfig
        06 01 02                                 # sync layer as in MP4
      `),
    );
    const dops = opus.indexOf('dOps') - 4;
    expect(Uint8Array.from(opus.subarray(dops, dops + 19))).toEqual(
      hex(`
        00 00 00 13 64 4f 70 73 # 19 bytes, dOps
        00 01 00 00             # version 0, one channel, nothing to skip
        00 00 bb 80 00 00 00    # 48 000 Hz, gain 0, family 0
      `),
    );
  });

  it('costs little: boxes of a second of 30 frames and sound in two fragments are below 1 % of 1 Mbit/s', () => {
    const video = Array.from({ length: 15 }, (_, i) => ({
      ...(videoSamples('baseline')[0] ?? audioSamples(1)[0]),
      durationTicks: 3000,
      compositionOffsetTicks: 0,
      key: i === 0,
    })) as TrackSample[];
    const runs = [
      { trackId: 1, baseDecodeTime: 0, samples: video },
      { trackId: 2, baseDecodeTime: 0, samples: audioSamples(24) },
    ];
    const payload = runs
      .flatMap(({ samples }) => samples.flatMap(({ parts }) => parts))
      .reduce((sum, { byteLength }) => sum + byteLength, 0);

    const boxes = 2 * (fragmentOf(runs).bytes.byteLength - payload);

    expect(boxes).toBeLessThan(125_000 * 0.01);
  });

  it.each([
    ['sampleRate 0', { ...AAC, sampleRate: 0 }],
    ['channels 3', { ...OPUS, channels: 3 }],
    ['config of 1 bytes', { ...AAC, config: hex('11') }],
  ])('refuses sound with %s', (message, audio) => {
    expect(() => initSegment({ ...parametersOf('baseline'), audio })).toThrowError(message);
  });
});

describe('audio configuration', () => {
  it.each([
    [48_000, 2, '11 90'],
    [44_100, 1, '12 08'],
    [8000, 1, '15 88'],
    [37_800, 2, '17 80 49 d4 10'], // no index: the rate is written out
  ])('of AAC-LC at %d Hz, %d channels', (sampleRate, channels, bytes) => {
    expect(aacLowComplexityConfig({ sampleRate, channels })).toEqual(hex(bytes));
  });

  it('names the codec', () => {
    expect(audioCodecString(OPUS)).toBe('opus');
    expect(audioCodecString(AAC)).toBe('mp4a.40.2');
    expect(audioCodecString({ codec: 'aac', config: hex('2b 92 08 00') })).toBe('mp4a.40.5');
    expect(audioCodecString({ codec: 'aac', config: hex('f9 48 00') })).toBe('mp4a.40.42');
  });
});
