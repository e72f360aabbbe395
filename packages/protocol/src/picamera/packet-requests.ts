import { MalformedError } from '@pinhole/core';
import { CommandType, DisconnectReason, QueryFileType, VideoMode } from './codes.ts';
import { encodePacket, type Packet } from './packet.ts';
import { type CameraRequest, clampQuality, type FileQuery, MAX_PATH_CHARS } from './requests.ts';

/**
 * The packet of a request in generations B and C.
 * @throws {RangeError} for a camera control whose key or value is no whole number of 32 bits
 */
export const encodePacketRequest = (request: CameraRequest): Uint8Array => encodePacket(packetOf(request));

/**
 * What a packet asks for.
 * @returns undefined where it asks for nothing: a packet that answers, or of a type that is not known here
 * @throws {MalformedError} `picamera/request` where the payload does not go with the type, or a path is too long
 */
export function requestOfPacket(packet: Packet): CameraRequest | undefined {
  switch (packet.type) {
    case CommandType.DISCONNECT:
      // Type 0 is what a packet without a type has: only the payload tells that this is meant.
      return packet.kind === 'disconnectionRequest' ? { kind: 'disconnect' } : undefined;
    case CommandType.CONTROL_CAMERA:
      if (packet.kind !== 'controlCameraRequest') throw unfit(packet);
      return { kind: 'control', key: packet.id, value: packet.value | 0 };
    case CommandType.TAKE_SNAPSHOT:
      if (packet.kind !== 'takeSnapshotRequest') throw unfit(packet);
      return { kind: 'snapshot', quality: clampQuality(packet.quality) };
    case CommandType.QUERY_FILE:
      if (packet.kind !== 'queryFileRequest') throw unfit(packet);
      return { kind: 'query', query: queryOf(packet.queryType, packet.parameter, packet.mode) };
    case CommandType.TRANSFER_FILE:
      if (packet.kind !== 'transferFileRequest') throw unfit(packet);
      return { kind: 'download', path: checkedPath(packet.filepath) };
    case CommandType.START_RECORDING:
    case CommandType.STOP_RECORDING:
      if (packet.kind !== undefined) return undefined;
      return { kind: 'record', action: packet.type === CommandType.START_RECORDING ? 'start' : 'stop' };
    case CommandType.TOGGLE_TRACKING:
      return packet.kind === 'toggleTrackingRequest'
        ? { kind: 'track', action: packet.enable ? 'start' : 'stop' }
        : undefined;
    case CommandType.CUSTOM:
      return packet.kind === 'customCommand' ? { kind: 'custom', payload: packet.data } : undefined;
    default:
      return undefined;
  }
}

function packetOf(request: CameraRequest): Packet {
  switch (request.kind) {
    case 'disconnect':
      return {
        type: CommandType.DISCONNECT,
        kind: 'disconnectionRequest',
        reason: DisconnectReason.CLIENT_INITIATED,
      };
    case 'control':
      return {
        type: CommandType.CONTROL_CAMERA,
        kind: 'controlCameraRequest',
        id: request.key,
        value: request.value < 0 && request.value >= -0x8000_0000 ? request.value + 2 ** 32 : request.value,
      };
    case 'snapshot':
      return {
        type: CommandType.TAKE_SNAPSHOT,
        kind: 'takeSnapshotRequest',
        quality: clampQuality(request.quality),
      };
    case 'query':
      return { type: CommandType.QUERY_FILE, kind: 'queryFileRequest', ...queryFields(request.query) };
    case 'download':
      return { type: CommandType.TRANSFER_FILE, kind: 'transferFileRequest', filepath: request.path };
    case 'record': {
      const { START_RECORDING, STOP_RECORDING } = CommandType;
      return { type: request.action === 'start' ? START_RECORDING : STOP_RECORDING, kind: undefined };
    }
    case 'track':
      return {
        type: CommandType.TOGGLE_TRACKING,
        kind: 'toggleTrackingRequest',
        enable: request.action === 'start',
      };
    case 'custom':
      return { type: CommandType.CUSTOM, kind: 'customCommand', data: request.payload };
  }
}

function queryFields(query: FileQuery): { queryType: number; parameter: string; mode: number } {
  const { mode } = query;
  switch (query.by) {
    case 'latest':
      return { queryType: QueryFileType.LATEST_FILE, parameter: '', mode };
    case 'before-file':
      return { queryType: QueryFileType.BEFORE_FILE, parameter: query.path, mode };
    case 'before-time':
      return { queryType: QueryFileType.BEFORE_TIME, parameter: query.time, mode };
  }
}

function queryOf(type: number, parameter: string, videoMode: number): FileQuery {
  const mode = videoMode === VideoMode.TIMELAPSE ? VideoMode.TIMELAPSE : VideoMode.RECORDING;
  if (parameter === '' || type === QueryFileType.LATEST_FILE) return { by: 'latest', mode };
  if (type === QueryFileType.BEFORE_FILE) return { by: 'before-file', path: checkedPath(parameter), mode };
  if (type === QueryFileType.BEFORE_TIME) return { by: 'before-time', time: checkedPath(parameter), mode };
  throw new MalformedError('picamera/request', `the query has the unknown type ${type}`);
}

function checkedPath(text: string): string {
  if (text.length <= MAX_PATH_CHARS) return text;
  throw new MalformedError(
    'picamera/request',
    `the path has ${text.length} characters, at most ${MAX_PATH_CHARS} are read`,
  );
}

const unfit = (packet: Packet): MalformedError =>
  new MalformedError(
    'picamera/request',
    `a packet of type ${packet.type} carries ${packet.kind ?? 'nothing'}`,
  );
