import type { Logger } from '@pinhole/core';
import type { Cameras, ViewerSessions } from '@pinhole/engine';
import { monotonicNow, utcNow } from '../clock.ts';
import type { ServerConfig } from '../config/config-schema.ts';
import { JanusPorts } from '../janus/janus-ports.ts';
import { JanusService } from '../janus/janus-service.ts';
import { pluginCamerasOf } from '../janus/plugin-cameras.ts';
import { iceServersOf } from '../media/ice-servers.ts';
import { hasTcp } from '../media/webrtc-port.ts';
import type { KeyPair } from '../tls/certificate.ts';
import { VERSION } from '../version.ts';
import { type Admission, openGate } from './admission.ts';

/** The API of Janus, on the main port and, where that is wanted, on ports of its own. */
export interface Janus {
  readonly service: JanusService;
  readonly ports: JanusPorts['ports'];
  /** Says goodbye, and stops accepting. */
  close(options: { readonly graceMs: number }): Promise<void>;
}

/**
 * Puts it together.
 * @throws {ConfigError} `config/invalid`; {PinholeError} `http/*`, `tls/unusable`
 */
export async function openJanus(
  config: ServerConfig,
  {
    cameras,
    defaultCamera,
    sessions,
    admission,
    tls,
    log,
  }: {
    readonly cameras: Cameras;
    readonly defaultCamera: string;
    readonly sessions: ViewerSessions;
    readonly admission: Admission;
    readonly tls: KeyPair | undefined;
    readonly log: Logger;
  },
): Promise<Janus> {
  const { authenticator, sockets } = admission;
  const service = new JanusService({
    config: config.janus,
    plugins: pluginCamerasOf(config, defaultCamera),
    cameras,
    sessions,
    authenticator,
    iceServers: () => iceServersOf(config.iceServers),
    iceTcp: hasTcp(config.webrtc) ? 'on' : 'off',
    // WebRTC takes Opus alone; of sound that is passed on as it comes, only the camera knows what it is.
    hasSound: (camera) =>
      config.cameras[camera]?.audio === 'opus' || cameras.get(camera)?.stream.audio?.codec === 'opus',
    recognise: (socket) => sockets.recognise(socket),
    now: monotonicNow,
    utcNow,
    version: VERSION,
    log,
  });
  const ports = await JanusPorts.open({
    ...admission,
    config: config.janus,
    address: config.listen,
    tls,
    limits: config.limits,
    service,
    // No page of ours is served on a port of its own: those of the same host at other ports are the ones that come.
    gate: openGate(config, admission, { listen: config.janus.address ?? config.listen, ports: 'any' }),
    log,
  }).catch(async (thrown: unknown) => {
    await service.close();
    throw thrown;
  });
  return {
    service,
    ports: ports.ports,
    close: async (options) => {
      await service.close();
      await ports.close(options);
    },
  };
}
