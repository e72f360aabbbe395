import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { codeOf } from '../../../../test/support/code-of.ts';
import { hex } from '../../../../test/support/hex.ts';
import { CommandType } from './codes.ts';
import { decodeSfuData, encodeSfuData, SFU_IPC_TOPIC } from './livekit.ts';
import { encodePacket } from './packet.ts';
import {
  parseSfuPeerMessage,
  parseSfuServerMessage,
  participantOfStream,
  type Sayable,
  type SfuPeerMessage,
  type SfuServerMessage,
  serializeSfuPeerMessage,
  serializeSfuServerMessage,
  sfuUrl,
} from './sfu-messages.ts';

const CANDIDATE = {
  candidate: 'candidate:1 1 udp 1 192.0.2.1 9 typ host',
  sdpMid: '0',
  sdpMLineIndex: 0,
  usernameFragment: 'ab',
};

describe('the relay', () => {
  it.each<Sayable<SfuServerMessage>>([
    { action: 'join', iceServer: { urls: ['turn:192.0.2.1'], username: 'u', credential: 'c' } },
    { action: 'offer', sdp: 'v=0\r\n' },
    { action: 'answer', sdp: 'v=0\r\n' },
    { action: 'trickle', target: 'PUBLISHER', candidate: CANDIDATE },
    { action: 'trackPublished' },
    { action: 'roomInfo', room: { sid: 'RM_1', name: 'garden' } },
    { action: 'quality', quality: [{ sid: 'PA_1', score: 4.5 }] },
    { action: 'speaking', speaking: [{ sid: 'PA_1', level: 0.3 }] },
    { action: 'participant', participants: [{ sid: 'PA_1', id: 'garden', state: 'ACTIVE' }] },
    { action: 'leave' },
    { action: 'error', message: 'full' },
  ])('says $action, and it comes back as it went', (message) => {
    expect(parseSfuServerMessage(serializeSfuServerMessage(message))).toEqual(message);
  });

  it.each<Sayable<SfuPeerMessage>>([
    { action: 'offer', sdp: 'v=0\r\n' },
    { action: 'answer', sdp: 'v=0\r\n' },
    { action: 'trickle', target: 'PUBLISHER', candidate: CANDIDATE },
    { action: 'trickle', target: 'SUBSCRIBER', candidate: CANDIDATE },
    { action: 'addVideoTrack', uid: 'garden' },
    { action: 'addAudioTrack', uid: 'garden' },
    { action: 'ping' },
    { action: 'leave' },
  ])('hears $action, and it comes back as it went', (message) => {
    expect(parseSfuPeerMessage(serializeSfuPeerMessage(message) ?? '')).toEqual(message);
  });

  it('may send a candidate as an object too', () => {
    const message = JSON.stringify({ target: 'SUBSCRIBER', candidateInit: CANDIDATE });

    expect(parseSfuServerMessage(JSON.stringify({ action: 'trickle', message }))).toEqual({
      action: 'trickle',
      target: 'SUBSCRIBER',
      candidate: CANDIDATE,
    });
  });

  it('hears a candidate that is only its line, as devices send it', () => {
    const input = JSON.stringify({ action: 'tricklePublisher', message: CANDIDATE.candidate });

    expect(parseSfuPeerMessage(input)).toEqual({
      action: 'trickle',
      target: 'PUBLISHER',
      candidate: { candidate: CANDIDATE.candidate },
    });
  });

  it('is not told that candidates end', () => {
    const end = { action: 'trickle', target: 'PUBLISHER', candidate: { candidate: '' } } as const;

    expect(serializeSfuPeerMessage(end)).toBeUndefined();
  });

  it('may say what is not known here', () => {
    expect(parseSfuServerMessage('{"action":"reconnect"}')).toEqual({ action: 'unknown', name: 'reconnect' });
  });

  it.each([
    ['nothing', ''],
    ['an action that is no text', '{"action":7,"message":""}'],
    ['a join without urls', '{"action":"join","message":"{}"}'],
    ['an offer without a description', '{"action":"offer","message":" "}'],
    [
      'a target that nobody has',
      '{"action":"trickle","message":"{\\"target\\":\\"X\\",\\"candidateInit\\":\\"\\"}"}',
    ],
    [
      'a candidate that is no candidate',
      '{"action":"trickle","message":"{\\"target\\":\\"PUBLISHER\\",\\"candidateInit\\":{\\"candidate\\":7}}"}',
    ],
    ['participants in no list', '{"action":"participant","message":"{}"}'],
    ['more than a message may be', JSON.stringify({ action: 'offer', message: 'x'.repeat(262_144) })],
  ])('that sends %s is malformed', (_, input) => {
    expect(codeOf(() => parseSfuServerMessage(input))).toBe('picamera/sfu');
  });

  it('is found at /rtc, with what clients list in their order', () => {
    expect(sfuUrl('wss://sfu.example', { apiKey: 'k&1', userId: 'ü', roomId: '' })).toBe(
      'wss://sfu.example/rtc?apiKey=k%261&userId=%C3%BC&roomId=',
    );
  });

  it('names streams by participant and track', () => {
    expect(participantOfStream('PA_1|TR_2')).toBe('PA_1');
    expect(participantOfStream('garden')).toBe('garden');
  });

  it('of any text at all either parses or throws MalformedError', () => {
    const actions = [
      'join',
      'offer',
      'trickle',
      'tricklePublisher',
      'roomInfo',
      'quality',
      'participant',
      'addVideoTrack',
    ];
    const text = fc.oneof(
      fc.string(),
      fc.json(),
      fc
        .record({
          action: fc.constantFrom(...actions),
          message: fc.oneof(fc.json(), fc.string(), fc.jsonValue()),
        })
        .map((frame) => JSON.stringify(frame)),
    );
    fc.assert(
      fc.property(text, (input) => {
        for (const parse of [parseSfuServerMessage, parseSfuPeerMessage])
          expect(codeOf(() => parse(input))).toBeTruthy();
      }),
      { numRuns: 3000 },
    );
  });
});

describe('a data packet through the SFU', () => {
  const vector = hex(`
    08 01                              # kind = LOSSY
    12 14                              # user
       12 07  08 64 a2 06 02 68 69     # payload: a custom packet, "hi"
       22 09  69 70 63 5f 74 6f 70 69 63
  `);
  const packet = {
    kind: 'lossy',
    payload: encodePacket({ type: CommandType.CUSTOM, kind: 'customCommand', data: hex('68 69') }),
    topic: SFU_IPC_TOPIC,
  } as const;

  it('is these bytes, both ways', () => {
    expect(encodeSfuData(packet)).toEqual(vector);
    expect(decodeSfuData(vector)).toEqual(packet);
  });

  it('of a device, without a kind, is reliable', () => {
    expect(decodeSfuData(vector.subarray(2))).toEqual({ ...packet, kind: 'reliable' });
  });

  it('that is not from a user is none of ours', () => {
    expect(decodeSfuData(hex('08 00 1a 02 08 01'))).toBeUndefined();
  });

  it('of any bytes at all either parses or throws MalformedError', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (input) => {
        expect(codeOf(() => decodeSfuData(input))).toBeTruthy();
      }),
      { numRuns: 5000 },
    );
    expect(codeOf(() => decodeSfuData(new Uint8Array(262_145)))).toBe('picamera/packet');
  });
});
