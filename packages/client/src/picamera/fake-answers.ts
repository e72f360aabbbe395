import type { FakeChannel } from './fake-connection.ts';

/** UTF-8 of a text. */
export const text = (value: string): Uint8Array => new TextEncoder().encode(value);
/** Bytes one after the other. */
export const bytes = (...parts: readonly (number | string | Uint8Array)[]): Uint8Array =>
  Uint8Array.from(
    parts.flatMap((part) =>
      typeof part === 'number' ? [part] : [...(typeof part === 'string' ? text(part) : part)],
    ),
  );

/** A field of a protobuf message with bytes in it. */
export const field = (tag: number, ...parts: readonly (number | string | Uint8Array)[]): Uint8Array => {
  const body = bytes(...parts);
  return bytes(tag, ...varint(body.byteLength), body);
};
const varint = (value: number): number[] =>
  value < 128 ? [value] : [(value & 127) | 128, ...varint(Math.floor(value / 128))];

/** The answers of generation A: type and length, body, type alone. */
export const legacy = (type: number, body: Uint8Array | string): readonly Uint8Array[] => {
  const all = bytes(body);
  return [bytes(type, String(all.byteLength)), bytes(type, all), bytes(type)];
};

/** The answers of generations B and C: header (7), chunk (8), trailer (9), with the id of their stream. */
export const packets = (type: number, id: string, body: Uint8Array | string): readonly Uint8Array[] => {
  const all = bytes(body);
  const head = [0x08, type];
  return [
    bytes(...head, field(0x3a, field(0x0a, id), 0x10, ...varint(all.byteLength))),
    ...(all.byteLength > 0 ? [bytes(...head, field(0x42, field(0x0a, id), field(0x1a, all)))] : []),
    bytes(...head, field(0x4a, field(0x0a, id))),
  ];
};

/** The device says something on a channel. */
export const say = (channel: FakeChannel, messages: readonly Uint8Array[]): void => {
  for (const message of messages) channel.say(message);
};

/** Something that begins and ends as a picture does. */
export const JPEG = Uint8Array.of(0xff, 0xd8, 0xff, 0xd9);
/** The same as an address. */
export const JPEG_URL = 'data:image/jpeg;base64,/9j/2Q==';
