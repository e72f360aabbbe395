import { readMessage } from './daemon-packets.ts';

/** A request by its name, with what it carries. */
export type DaemonRequest = readonly [name: string, value: unknown];

const LEGACY_NAMES = ['disconnect', 'snapshot', 'query', 'download', 'control', 'broadcast', 'custom'];

/** Reads a request as generation A does, which does not look before it takes. */
export function legacyRequest(text: string): DaemonRequest {
  const { type, message: inner } = JSON.parse(text) as { type: unknown; message: unknown };
  if (typeof type !== 'number' || typeof inner !== 'string') throw new Error(`types are wrong: ${text}`);
  if (inner === '') throw new Error(`an empty message: ${text}`);
  const name = LEGACY_NAMES[type] ?? `type ${type}`;
  if (name === 'query') {
    const { command, message: parameter } = JSON.parse(inner) as { command: unknown; message: unknown };
    if (typeof command !== 'number' || typeof parameter !== 'string')
      throw new Error(`types are wrong: ${inner}`);
    return [name, [command, parameter]];
  }
  if (name === 'control') {
    const { key, value } = JSON.parse(inner) as { key: unknown; value: unknown };
    if (!Number.isInteger(key) || !Number.isInteger(value)) throw new Error(`types are wrong: ${inner}`);
    return [name, [key, value]];
  }
  return [name, name === 'custom' ? new TextEncoder().encode(inner) : inner];
}

/** Reads a request as generations B and C do. */
export function packetRequest(frame: ArrayBuffer): DaemonRequest {
  const packet = readMessage(new Uint8Array(frame));
  const type = Number(packet.get(1) ?? 0);
  const payload = (field: number): ReadonlyMap<number, number | Uint8Array> => {
    const bytes = packet.get(field);
    if (!(bytes instanceof Uint8Array)) throw new Error(`type ${type} without field ${field}`);
    return readMessage(bytes);
  };
  const text = (value: number | Uint8Array | undefined): string =>
    value instanceof Uint8Array ? new TextDecoder().decode(value) : '';
  switch (type) {
    case 0:
      payload(2);
      return ['disconnect', undefined];
    case 1:
      return ['control', [Number(payload(3).get(1) ?? 0), Number(payload(3).get(2) ?? 0)]];
    case 2:
      return ['snapshot', Number(payload(4).get(1) ?? 0)];
    case 3:
      return ['query', [Number(payload(5).get(1) ?? 0), text(payload(5).get(2))]];
    case 4:
      return ['download', text(payload(6).get(1))];
    case 5:
    case 6:
      return ['record', type];
    case 100: {
      const bytes = packet.get(100);
      if (!(bytes instanceof Uint8Array)) throw new Error('a custom command without its bytes');
      return ['custom', bytes.slice()];
    }
    default:
      return [`type ${type}`, undefined];
  }
}
