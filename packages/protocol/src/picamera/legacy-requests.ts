import { decodeUtf8, encodeUtf8, MalformedError } from '@pinhole/core';
import * as z from 'zod/mini';
import { CmdType, MetadataCmd, VideoMode } from './codes.ts';
import { parseJson } from './parse-json.ts';
import {
  type CameraRequest,
  clampQuality,
  type FileQuery,
  MAX_PATH_CHARS,
  MAX_REQUEST_BYTES,
} from './requests.ts';

const path = z.string().check(z.maxLength(MAX_PATH_CHARS));
const frameSchema = z.object({ type: z.int(), message: z.string() });
const querySchema = z.object({ command: z.int(), message: z.optional(z.nullable(path)) });
const controlSchema = z.object({
  key: z.int().check(z.gte(0), z.lte(0xffff_ffff)),
  value: z.int().check(z.gte(-0x8000_0000), z.lte(0xffff_ffff)),
});

/**
 * The text message of a request in generation A. Types and non-empty messages are what real devices insist on: some end
 * themselves over others.
 * @returns undefined where the generation has no such request: recording on demand, tracking, timelapse, an empty
 *   custom message
 */
export function serializeLegacyRequest(request: CameraRequest): string | undefined {
  switch (request.kind) {
    case 'disconnect':
      return frame(CmdType.CONNECT, 'false');
    case 'snapshot':
      return frame(CmdType.SNAPSHOT, String(clampQuality(request.quality)));
    case 'query':
      return request.query.mode === VideoMode.RECORDING ? queryFrame(request.query) : undefined;
    case 'download':
      return request.path === '' ? undefined : frame(CmdType.RECORDING, request.path);
    case 'control':
      return frame(CmdType.CAMERA_CONTROL, JSON.stringify({ key: request.key, value: request.value }));
    case 'custom':
      return request.payload.byteLength === 0
        ? undefined
        : frame(CmdType.CUSTOM, decodeUtf8(request.payload));
    case 'record':
    case 'track':
      return undefined;
  }
}

/**
 * Reads a text message of a client of generation A.
 * @returns undefined for what devices pass over in silence: an empty message, BROADCAST, CONNECT that is not `false`
 * @throws {MalformedError} `picamera/request`; for any input whatsoever, nothing else
 */
export function parseLegacyRequest(text: Uint8Array | string): CameraRequest | undefined {
  const { type, message } = parseJson(text, frameSchema, bounds('the request'));
  if (message === '') return undefined;
  switch (type) {
    case CmdType.CONNECT:
      return message === 'false' ? { kind: 'disconnect' } : undefined;
    case CmdType.SNAPSHOT:
      return { kind: 'snapshot', quality: clampQuality(Number.parseInt(message, 10)) };
    case CmdType.METADATA:
      return { kind: 'query', query: parseQuery(message) };
    case CmdType.RECORDING:
      return { kind: 'download', path: parsePath(message) };
    case CmdType.CAMERA_CONTROL: {
      const { key, value } = parseJson(message, controlSchema, bounds('the camera control'));
      return { kind: 'control', key, value: value | 0 };
    }
    case CmdType.CUSTOM:
      return { kind: 'custom', payload: encodeUtf8(message) };
    case CmdType.BROADCAST:
      return undefined;
    default:
      throw new MalformedError('picamera/request', `the request has the unknown type ${type}`);
  }
}

function parseQuery(message: string): FileQuery {
  const { command, message: parameter } = parseJson(message, querySchema, bounds('the query'));
  const mode = VideoMode.RECORDING;
  if (command === MetadataCmd.SPECIFIC_TIME) return { by: 'before-time', time: parameter ?? '', mode };
  if (command === MetadataCmd.OLDER && parameter) return { by: 'before-file', path: parameter, mode };
  if (command === MetadataCmd.LATEST || command === MetadataCmd.OLDER) return { by: 'latest', mode };
  throw new MalformedError('picamera/request', `the query has the unknown command ${command}`);
}

function parsePath(message: string): string {
  if (message.length <= MAX_PATH_CHARS) return message;
  throw new MalformedError(
    'picamera/request',
    `the path has ${message.length} characters, at most ${MAX_PATH_CHARS} are read`,
  );
}

function queryFrame(query: FileQuery): string {
  switch (query.by) {
    case 'latest':
      return queryText(MetadataCmd.LATEST, '');
    case 'before-file':
      return queryText(MetadataCmd.OLDER, query.path);
    case 'before-time':
      return queryText(MetadataCmd.SPECIFIC_TIME, query.time);
  }
}

const queryText = (command: MetadataCmd, message: string): string =>
  frame(CmdType.METADATA, JSON.stringify({ command, message }));

const frame = (type: CmdType, message: string): string => JSON.stringify({ type, message });

const bounds = (what: string) => ({ what, code: 'picamera/request' as const, maxBytes: MAX_REQUEST_BYTES });
