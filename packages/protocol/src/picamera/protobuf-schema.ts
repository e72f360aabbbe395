import { MalformedError } from '@pinhole/core';
import { ProtobufReader, WIRE } from './protobuf-reader.ts';
import { ProtobufWriter } from './protobuf-writer.ts';

/** How a member of a message is written: its field number and its type. */
type Member<Value> = Value extends number
  ? readonly [field: number, type: 'uint32' | 'uint64']
  : Value extends boolean
    ? readonly [field: number, type: 'bool']
    : Value extends string
      ? readonly [field: number, type: 'string']
      : Value extends Uint8Array
        ? readonly [field: number, type: 'bytes']
        : Value extends readonly (infer Item extends object)[]
          ? readonly [field: number, type: 'repeated', schema: MessageSchema<Item>]
          : never;

/** The members of a message in the order of their field numbers. */
export type MessageSchema<Message extends object> = {
  readonly [Name in keyof Message]-?: Member<Message[Name]>;
};

type AnyMember = readonly [field: number, type: string, schema?: AnySchema];
interface AnySchema {
  readonly [name: string]: AnyMember;
}

/** Messages in a repeated field; more are refused. */
const MAX_REPEATED = 1024;

const WIRE_OF: Readonly<Record<string, number>> = {
  uint32: WIRE.varint,
  uint64: WIRE.varint,
  bool: WIRE.varint,
  string: WIRE.length,
  bytes: WIRE.length,
  repeated: WIRE.length,
};

/**
 * Reads a message. What it leaves out has its default value, unknown fields are skipped, the last of several values
 * counts.
 * @returns bytes in it are views
 * @throws {MalformedError} `picamera/packet`; for any bytes whatsoever, nothing else
 */
export function decodeMessage<Message extends object>(
  schema: MessageSchema<Message>,
  bytes: Uint8Array,
): Message {
  return decode(schema as unknown as AnySchema, bytes) as Message;
}

/**
 * Writes a message.
 * @throws {RangeError} for a number that its field cannot hold
 */
export function encodeMessage<Message extends object>(
  schema: MessageSchema<Message>,
  message: Message,
): Uint8Array {
  return encode(schema as unknown as AnySchema, message as Readonly<Record<string, unknown>>);
}

function decode(schema: AnySchema, bytes: Uint8Array): Readonly<Record<string, unknown>> {
  const members = new Map<number, readonly [string, AnyMember]>();
  const message: Record<string, unknown> = {};
  for (const [name, member] of Object.entries(schema)) {
    members.set(member[0], [name, member]);
    message[name] = defaultOf(member[1]);
  }
  const reader = new ProtobufReader(bytes);
  for (let tag = reader.next(); tag !== undefined; tag = reader.next()) {
    const [name, member] = members.get(tag.field) ?? [];
    if (name === undefined || member === undefined || WIRE_OF[member[1]] !== tag.wire) reader.skip(tag.wire);
    else message[name] = readValue(reader, member, message[name]);
  }
  return message;
}

function readValue(reader: ProtobufReader, [, type, schema]: AnyMember, before: unknown): unknown {
  switch (type) {
    case 'uint32':
      return reader.uint32();
    case 'uint64':
      return reader.uint64();
    case 'bool':
      return reader.uint32() !== 0;
    case 'string':
      return reader.string();
    case 'bytes':
      return reader.bytes();
    default: {
      const items = before as unknown[];
      if (items.length >= MAX_REPEATED) {
        throw new MalformedError('picamera/packet', `more than ${MAX_REPEATED} messages in one field`);
      }
      items.push(decode(schema ?? {}, reader.bytes()));
      return items;
    }
  }
}

function encode(schema: AnySchema, message: Readonly<Record<string, unknown>>): Uint8Array {
  let capacity = 64;
  for (const value of Object.values(message)) if (value instanceof Uint8Array) capacity += value.byteLength;
  const writer = new ProtobufWriter(capacity);
  for (const [name, [field, type, nested]] of Object.entries(schema)) {
    const value = message[name];
    if (type === 'uint32') writer.uint32(field, value as number);
    else if (type === 'uint64') writer.uint64(field, value as number);
    else if (type === 'bool') writer.uint32(field, value === true ? 1 : 0);
    else if (type === 'string') writer.string(field, value as string);
    else if (type === 'bytes') writer.bytes(field, value as Uint8Array);
    else {
      for (const item of value as readonly Readonly<Record<string, unknown>>[]) {
        writer.message(field, encode(nested ?? {}, item));
      }
    }
  }
  return writer.finish();
}

function defaultOf(type: string): unknown {
  switch (type) {
    case 'uint32':
    case 'uint64':
      return 0;
    case 'bool':
      return false;
    case 'string':
      return '';
    case 'bytes':
      return new Uint8Array(0);
    default:
      return [];
  }
}
