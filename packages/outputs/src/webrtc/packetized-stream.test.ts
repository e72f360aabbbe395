import { micros } from '@pinhole/core';
import { Stream, type StreamParameters, type StreamUnit } from '@pinhole/engine';
import { describe, expect, it } from 'vitest';
import { PacketizedStream } from './packetized-stream.ts';

const PARAMETERS: StreamParameters = {
  sps: new Uint8Array(4),
  pps: [],
  codec: 'avc1.42c01e',
  profileLevelId: '42c01e',
  width: 640,
  height: 360,
  bFrames: false,
};

const unit = (sequence: number, sizeBytes: number): StreamUnit => {
  const nal = new Uint8Array(sizeBytes).fill(0x41);
  const at = micros(sequence * 33_333);
  return {
    data: nal,
    nalUnits: [nal],
    key: sequence === 0,
    captureTime: micros(1e15 + at),
    pts: at,
    dts: at,
    sequence,
    droppable: false,
    parameters: PARAMETERS,
  };
};

const at = (ms: number) => micros(1e15 + ms * 1000);

describe('PacketizedStream', () => {
  it('cuts a unit once, whoever asks', () => {
    const packetized = new PacketizedStream();
    const picture = unit(0, 5000);

    const first = packetized.take(picture, at(0));

    expect(packetized.take(picture, at(5))).toBe(first);
    expect(first.payloads).toHaveLength(5);
    expect(packetized.counters.unitsPacketized).toBe(1);
  });

  it('keeps units for a second after they were last sent', () => {
    const packetized = new PacketizedStream();
    const [old, replayed, newest] = [unit(0, 100), unit(1, 100), unit(2, 100)];
    const { id: oldId } = packetized.take(old, at(0));
    const { id: replayedId } = packetized.take(replayed, at(10));

    packetized.take(replayed, at(900));
    packetized.take(newest, at(1500));

    expect(packetized.find(oldId)).toBeUndefined();
    expect(packetized.find(replayedId)?.payloads).toHaveLength(1);
    expect(packetized.historyBytes).toBe(200);
    expect(packetized.counters.historyOverflows).toBe(0);
  });

  it('never keeps more bytes than allowed, and counts what left early', () => {
    const packetized = new PacketizedStream({ limits: { sizeBytes: 2500 } });
    const ids = [0, 1, 2].map((sequence) => packetized.take(unit(sequence, 1000), at(sequence)).id);

    expect(ids.map((id) => packetized.find(id) !== undefined)).toEqual([false, true, true]);
    expect(packetized.historyBytes).toBe(2000);
    expect(packetized.counters.historyOverflows).toBe(1);
  });

  it('says where RTP time and capture time meet', () => {
    const packetized = new PacketizedStream();
    const { timestamp } = packetized.take(unit(0, 100), at(0));
    packetized.take(unit(30, 100), at(1000));

    expect(packetized.anchor).toEqual({
      rtpTimestamp: (timestamp + 89_999) % 2 ** 32,
      captureTime: micros(1e15 + 999_990),
    });
    expect(packetized.timestampAt(micros(1e15 + 500_000))).toBe((timestamp + 45_000) % 2 ** 32);
  });

  it('is one for each stream', () => {
    const stream = new Stream();

    expect(PacketizedStream.of(stream)).toBe(PacketizedStream.of(stream));
    expect(PacketizedStream.of(new Stream())).not.toBe(PacketizedStream.of(stream));
  });
});
