import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { codeOf } from '../../../../test/support/code-of.ts';
import { hex } from '../../../../test/support/hex.ts';
import { CameraPropertyKey } from './camera-keys.ts';
import { AwbModeEnum } from './camera-values.ts';
import { CommandType, DisconnectReason, QueryFileType, VideoMode } from './codes.ts';
import {
  decodePacket,
  decodeQueryFileResponse,
  encodePacket,
  encodeQueryFileResponse,
  MAX_PACKET_BYTES,
  type Packet,
} from './packet.ts';
import { packetChunk, packetHeader, packetTrailer } from './packet-frames.ts';
import { encodePacketRequest, requestOfPacket } from './packet-requests.ts';
import type { CameraRequest } from './requests.ts';

const VECTORS: readonly (readonly [string, string, Packet])[] = [
  [
    'a snapshot at quality 30',
    '08 02  22 02  08 1e',
    { type: CommandType.TAKE_SNAPSHOT, kind: 'takeSnapshotRequest', quality: 30 },
  ],
  [
    'a disconnect without a reason',
    '12 00',
    { type: CommandType.DISCONNECT, kind: 'disconnectionRequest', reason: DisconnectReason.UNKNOWN },
  ],
  [
    'a disconnect of the client',
    '12 02  08 01',
    { type: CommandType.DISCONNECT, kind: 'disconnectionRequest', reason: DisconnectReason.CLIENT_INITIATED },
  ],
  [
    'white balance for clouds',
    '08 01  1a 04  08 12  10 06',
    {
      type: CommandType.CONTROL_CAMERA,
      kind: 'controlCameraRequest',
      id: CameraPropertyKey.AWB_MODE,
      value: AwbModeEnum.AWB_CLOUDY,
    },
  ],
  [
    'the latest recording',
    '08 03  2a 00',
    { type: CommandType.QUERY_FILE, kind: 'queryFileRequest', queryType: 0, parameter: '', mode: 0 },
  ],
  [
    'recordings before /a/b.mp4',
    `08 03  2a 0c
       08 01                         # BEFORE_FILE
       12 08 2f612f622e6d7034        # parameter`,
    {
      type: CommandType.QUERY_FILE,
      kind: 'queryFileRequest',
      queryType: QueryFileType.BEFORE_FILE,
      parameter: '/a/b.mp4',
      mode: VideoMode.RECORDING,
    },
  ],
  [
    'the latest time lapse',
    '08 03  2a 02  18 01',
    {
      type: CommandType.QUERY_FILE,
      kind: 'queryFileRequest',
      queryType: 0,
      parameter: '',
      mode: VideoMode.TIMELAPSE,
    },
  ],
  ['start recording', '08 05', { type: CommandType.START_RECORDING, kind: undefined }],
  ['stop recording', '08 06', { type: CommandType.STOP_RECORDING, kind: undefined }],
  [
    'a custom "hi"',
    '08 64  a2 06  02 68 69',
    { type: CommandType.CUSTOM, kind: 'customCommand', data: hex('68 69') },
  ],
  [
    'the header of a snapshot of 1000 bytes',
    '08 02  3a 06  0a 01 75  10 e8 07',
    { type: CommandType.TAKE_SNAPSHOT, kind: 'streamHeader', streamId: 'u', totalLength: 1000 },
  ],
  [
    'a chunk at 300',
    '08 02  42 09  0a 01 75  10 ac 02  1a 01 ff',
    {
      type: CommandType.TAKE_SNAPSHOT,
      kind: 'streamChunk',
      streamId: 'u',
      offset: 300,
      data: Uint8Array.of(255),
    },
  ],
  [
    'a trailer',
    '08 02  4a 03  0a 01 75',
    { type: CommandType.TAKE_SNAPSHOT, kind: 'streamTrailer', streamId: 'u', reason: '' },
  ],
  [
    'a recording that runs',
    '08 05  52 05  08 01  12 01 61',
    { type: CommandType.START_RECORDING, kind: 'recordingResponse', isRecording: true, filepath: 'a' },
  ],
];

describe('Packet', () => {
  it.each(VECTORS)('%s is these bytes, both ways', (_, bytes, packet) => {
    expect(encodePacket(packet)).toEqual(hex(bytes));
    expect(decodePacket(hex(bytes))).toEqual(packet);
  });

  it('skips fields that it does not know, of every kind, outside and inside', () => {
    const bytes = hex(`
      a8 01 ff ff ff ff ff ff ff ff ff 01   # field 21, a varint of ten bytes
      b1 01 00 11 22 33 44 55 66 77         # field 22, 64 bits
      08 02                                 # type
      ba 01 03 01 02 03                     # field 23, bytes
      c5 01 00 11 22 33                     # field 24, 32 bits
      22 04                                 # take_snapshot_request
         78 01                              # field 15
         08 1e                              # quality
    `);

    expect(decodePacket(bytes)).toEqual({ type: 2, kind: 'takeSnapshotRequest', quality: 30 });
  });

  it('with a field of another wire type than it has reads it as unknown', () => {
    expect(decodePacket(hex('0a 01 02  20 07'))).toEqual({ type: 0, kind: undefined });
  });

  it('gives the data of a chunk as a view', () => {
    const bytes = packetChunk({ type: 4, streamId: 'u' }, 0, new Uint8Array(1000));
    const packet = decodePacket(bytes);

    expect(packet.kind === 'streamChunk' && packet.data.buffer).toBe(bytes.buffer);
  });

  it('takes lengths past 32 bits', () => {
    const header = packetHeader({ type: 4, streamId: 'u' }, 2 ** 40 + 1);

    expect(decodePacket(header)).toMatchObject({ totalLength: 2 ** 40 + 1 });
  });

  it.each([
    ['a varint that is cut off', '08'],
    ['a varint of eleven bytes', '08 80 80 80 80 80 80 80 80 80 80 00'],
    ['a length beyond the end', '22 05 08 1e'],
    ['a length of 2^63', '22 ff ff ff ff ff ff ff ff 7f'],
    ['field 0', '00 01'],
    ['a group', '0b 0c'],
    ['wire type 7', '0f'],
    ['a total above 2^53', '3a 0a 10 ff ff ff ff ff ff ff ff 7f'],
    ['a stream id of 129 characters', `3a 84 01  0a 81 01 ${'61'.repeat(129)}`],
    ['an id that is cut off inside', '3a 02 0a 05'],
  ])('%s is malformed', (_, bytes) => {
    expect(codeOf(() => decodePacket(hex(bytes)))).toBe('picamera/packet');
  });

  it('that is longer than a message of a data channel is not read', () => {
    expect(codeOf(() => decodePacket(new Uint8Array(MAX_PACKET_BYTES + 1)))).toBe('picamera/packet');
  });

  it.each([-1, 1.5, Number.NaN, 2 ** 32])('does not write %d into a field of 32 bits', (value) => {
    expect(() => encodePacket({ type: 1, kind: 'controlCameraRequest', id: 1, value })).toThrow(RangeError);
  });
});

describe('the answer to a query', () => {
  it('comes back as it went', () => {
    const response = {
      files: [
        { filepath: '/rec/ä.mp4', durationSec: 60, thumbnail: 'data:image/jpeg;base64,/9j/' },
        { filepath: '/rec/b.mp4', durationSec: 0, thumbnail: '' },
      ],
      mode: VideoMode.TIMELAPSE,
    };

    expect(decodeQueryFileResponse(encodeQueryFileResponse(response))).toEqual(response);
  });

  it('that found no recording has no bytes', () => {
    expect(encodeQueryFileResponse({ files: [], mode: VideoMode.RECORDING })).toEqual(new Uint8Array(0));
    expect(decodeQueryFileResponse(new Uint8Array(0))).toEqual({ files: [], mode: 0 });
  });

  it('with more files than anybody asks for is refused', () => {
    expect(codeOf(() => decodeQueryFileResponse(hex('0a 00'.repeat(1025))))).toBe('picamera/packet');
  });
});

const REQUESTS: readonly CameraRequest[] = [
  { kind: 'disconnect' },
  { kind: 'control', key: 18, value: 6 },
  { kind: 'control', key: 6, value: -3 },
  { kind: 'snapshot', quality: 0 },
  { kind: 'snapshot', quality: 100 },
  { kind: 'query', query: { by: 'latest', mode: VideoMode.TIMELAPSE } },
  { kind: 'query', query: { by: 'before-file', path: '/rec/a.mp4', mode: VideoMode.RECORDING } },
  { kind: 'query', query: { by: 'before-time', time: '20260102_030405', mode: VideoMode.RECORDING } },
  { kind: 'download', path: '/rec/a.mp4' },
  { kind: 'record', action: 'start' },
  { kind: 'record', action: 'stop' },
  { kind: 'track', action: 'start' },
  { kind: 'track', action: 'stop' },
  { kind: 'custom', payload: hex('00 ff') },
];

describe('a request in a packet', () => {
  it.each(REQUESTS)('%j comes back as it went', (request) => {
    expect(requestOfPacket(decodePacket(encodePacketRequest(request)))).toEqual(request);
  });

  it('for quality 200 is for 100', () => {
    expect(requestOfPacket({ type: 2, kind: 'takeSnapshotRequest', quality: 200 })).toEqual({
      kind: 'snapshot',
      quality: 100,
    });
  });

  it('for what is before nothing is for the latest', () => {
    const packet: Packet = { type: 3, kind: 'queryFileRequest', queryType: 1, parameter: '', mode: 0 };

    expect(requestOfPacket(packet)).toEqual({ kind: 'query', query: { by: 'latest', mode: 0 } });
  });

  it.each<Packet>([
    { type: 0, kind: undefined },
    { type: 99, kind: undefined },
    { type: 5, kind: 'recordingResponse', isRecording: true, filepath: '' },
    { type: 7, kind: 'toggleTrackingResponse', enabled: true },
    { type: 100, kind: 'streamHeader', streamId: 'u', totalLength: 1 },
  ])('%j asks for nothing', (packet) => {
    expect(requestOfPacket(packet)).toBeUndefined();
  });

  it.each<Packet>([
    { type: 2, kind: undefined },
    { type: 1, kind: 'takeSnapshotRequest', quality: 1 },
    { type: 3, kind: 'queryFileRequest', queryType: 9, parameter: 'x', mode: 0 },
    { type: 4, kind: 'transferFileRequest', filepath: 'x'.repeat(4097) },
  ])('of type $type with another payload is refused', (packet) => {
    expect(codeOf(() => requestOfPacket(packet))).toBe('picamera/request');
  });
});

it('any bytes at all either parse or throw MalformedError, and are not changed', () => {
  const tag = fc
    .integer({ min: 0, max: 110 })
    .chain((field) =>
      fc
        .tuple(fc.constantFrom(0, 1, 2, 5), fc.uint8Array({ maxLength: 12 }))
        .map(([wire, value]) => [
          ...varint(field * 8 + wire),
          ...(wire === 2 ? [value.length] : []),
          ...value,
        ]),
    );
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 48 }),
    fc.array(tag, { maxLength: 5 }).map((fields) => Uint8Array.from(fields.flat())),
  );
  fc.assert(
    fc.property(bytes, (input) => {
      const before = input.slice();
      expect(codeOf(() => requestOfPacket(decodePacket(input)))).toBeTruthy();
      expect(codeOf(() => decodeQueryFileResponse(input))).toBeTruthy();

      expect(input).toEqual(before);
    }),
    { numRuns: 10_000 },
  );
});

it('any packet of a transfer comes back as it went', () => {
  const stream = fc.record({ type: fc.constantFrom(2, 3, 4, 100), streamId: fc.string({ maxLength: 40 }) });
  fc.assert(
    fc.property(stream, fc.maxSafeNat(), fc.uint8Array(), ({ type, streamId }, offset, data) => {
      const of = { type: type as CommandType, streamId };
      expect(decodePacket(packetHeader(of, offset))).toMatchObject({ streamId, totalLength: offset });
      expect(decodePacket(packetChunk(of, offset, data))).toMatchObject({ streamId, offset, data });
      expect(decodePacket(packetTrailer(of, 'r'))).toMatchObject({ streamId, reason: 'r' });
    }),
  );
});

function varint(value: number): readonly number[] {
  return value < 128 ? [value] : [(value & 127) | 128, ...varint(value >> 7)];
}
