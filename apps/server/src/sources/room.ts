import { isRoomName } from '@pinhole/protocol/rooms';
import type { TranscoderTuning } from '@pinhole/sources/mjpeg';
import { createRoomSource } from '@pinhole/sources/room';
import { ENCODER_SETTINGS, encoderSettings } from './encoder-settings.ts';
import { type SourceKind, settingsOf, sourceFault } from './source-kind.ts';

/** A camera that joins a signaling room of this server. */
export interface RoomSpec {
  readonly kind: 'room';
  readonly room: string;
  readonly cameraId: string;
  /** For one that sends JPEG pictures. */
  readonly encoder: TranscoderTuning;
}

const kind = 'room';

/** `room:ROOM/CAMERA[?bitrate=…]`, with `/`, `?`, `#` and `%` in names percent-encoded. */
export const room: SourceKind<RoomSpec> = {
  kind,
  schemes: [kind],
  example: 'room:cctv/front-door',
  parse: (text) => {
    const match = /^room:(?<room>[^/?#]+)\/(?<camera>[^/?#]+)(?:\?(?<query>[^\s#]*))?$/i.exec(text);
    const { room: name, camera, query = '' } = match?.groups ?? {};
    const [roomName, cameraId] = [decoded(name), decoded(camera)];
    if (roomName === undefined || cameraId === undefined) {
      throw sourceFault(
        `"${text.slice(0, 80)}": write room:ROOM/CAMERA, e.g. room:cctv/front-door; percent-encode special characters of names`,
      );
    }
    const settings = settingsOf(kind, query, ENCODER_SETTINGS);
    return { kind, room: roomName, cameraId, encoder: encoderSettings(kind, settings) };
  },
  open: ({ room: name, cameraId, encoder }, { log, transports, rooms }) =>
    createRoomSource({
      room: name,
      cameraId,
      encoder,
      log,
      transports,
      open: (handlers) => rooms.open({ room: name, cameraId }, handlers),
    }),
  inWords: ({ room: name, cameraId }) => `camera "${cameraId}" of room "${name}"`,
};

function decoded(name: string | undefined): string | undefined {
  if (name === undefined) return undefined;
  try {
    const text = decodeURIComponent(name);
    return isRoomName(text) ? text : undefined;
  } catch {
    return undefined;
  }
}
