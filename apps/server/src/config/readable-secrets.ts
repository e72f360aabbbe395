import { stat } from 'node:fs/promises';
import type { ServerConfig } from './config-schema.ts';

/** Whether a configuration holds a password, and everybody with an account on this machine may read its file. */
export async function tellsSecrets(file: string, config: ServerConfig): Promise<boolean> {
  if (process.getuid === undefined || !holdsSecret(config)) return false;
  return ((await stat(file)).mode & 0o004) !== 0;
}

const holdsSecret = ({
  cameras,
  iceServers,
  webrtc,
  recordings,
  rooms,
  janus,
  mqtt,
}: ServerConfig): boolean =>
  recordings.upload?.secretAccessKey !== undefined ||
  rooms.redis?.includes('@') === true ||
  janus.secret !== undefined ||
  mqtt.users.length > 0 ||
  mqtt.password !== undefined ||
  mqtt.url?.includes('@') === true ||
  Object.values(cameras).some(({ source }) => source.kind === 'rtsp' && source.url.includes('@')) ||
  [...iceServers, ...webrtc.iceServers].some(
    ({ credential, secret }) => credential !== undefined || secret !== undefined,
  );
