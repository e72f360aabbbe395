import { describe, expect, it } from 'vitest';
import { hex } from '../../../../test/support/hex.ts';
import { audioFormatOf } from './audio-format.ts';
import { parseSdp, type SdpMedia } from './session-description.ts';

function section(payloads: string, lines = ''): SdpMedia {
  const [media] = parseSdp(`v=0\nm=audio 0 RTP/AVP ${payloads}\n${lines}`).media;
  if (!media) throw new Error('no section');
  return media;
}

const AAC = 'a=rtpmap:97 mpeg4-generic/16000/1\n';
const LAYOUT = { sizeLength: 13, indexLength: 3, indexDeltaLength: 3, ticksPerFrame: 1024 };

describe('audioFormatOf', () => {
  it('reads AAC as most cameras tell it', () => {
    const fmtp =
      'a=fmtp:97 streamtype=5; profile-level-id=15; mode=AAC-hbr; config=1408; SizeLength=13; IndexLength=3; IndexDeltaLength=3\n';

    expect(audioFormatOf(section('97', AAC + fmtp))).toEqual({
      codec: 'aac',
      payloadType: 97,
      ticksPerSecond: 16_000,
      sampleRate: 16_000,
      channels: 1,
      config: hex('1408'),
      layout: LAYOUT,
    });
  });

  it('takes what a camera leaves out as that of AAC-hbr and AAC-LC', () => {
    expect(audioFormatOf(section('97', AAC))).toMatchObject({ config: hex('1408'), layout: LAYOUT });
  });

  it('counts the ticks of a frame by its core where band replication doubles the rate', () => {
    // object type 5, core index 6 (24 kHz), 2 channels, extended to index 3 (48 kHz), object type 2
    const fmtp = 'a=rtpmap:97 mpeg4-generic/48000/2\na=fmtp:97 mode=AAC-hbr;config=2B118800\n';

    expect(audioFormatOf(section('97', fmtp))).toMatchObject({
      sampleRate: 24_000,
      channels: 2,
      layout: { ticksPerFrame: 2048 },
    });
  });

  it('reads Opus, G.711 and linear samples, with and without a mapping', () => {
    expect(audioFormatOf(section('96', 'a=rtpmap:96 opus/48000/2\n'))).toMatchObject({ codec: 'opus' });
    expect(audioFormatOf(section('0'))).toEqual({
      codec: 'pcmu',
      payloadType: 0,
      ticksPerSecond: 8000,
      sampleRate: 8000,
      channels: 1,
    });
    expect(audioFormatOf(section('8', 'a=rtpmap:8 PCMA/8000\n'))).toMatchObject({ codec: 'pcma' });
    expect(audioFormatOf(section('98', 'a=rtpmap:98 L16/44100/2\n'))).toMatchObject({
      codec: 'l16',
      sampleRate: 44_100,
      channels: 2,
    });
  });

  it('passes over what it cannot receive for what it can', () => {
    const lines = 'a=rtpmap:96 G726-32/8000\na=rtpmap:101 telephone-event/8000\n';

    expect(audioFormatOf(section('96 101', lines))).toBeUndefined();
    expect(audioFormatOf(section('96 101 8', lines))).toMatchObject({ codec: 'pcma' });
  });

  it.for([
    ['MP4A-LATM', 'a=rtpmap:97 MP4A-LATM/16000\n'],
    ['another object type', `${AAC}a=fmtp:97 config=0c08\n`],
    ['fields of other modes', `${AAC}a=fmtp:97 config=1408;CTSDeltaLength=8\n`],
    ['lengths that are none', `${AAC}a=fmtp:97 config=1408;sizelength=99\n`],
    ['no rate', 'a=rtpmap:97 mpeg4-generic\n'],
    ['a rate of 0', 'a=rtpmap:97 PCMU/0\n'],
    ['too many channels', 'a=rtpmap:97 L16/48000/99\n'],
  ])('does not take %s', ([, lines]) => {
    expect(audioFormatOf(section('97', lines))).toBeUndefined();
  });
});
