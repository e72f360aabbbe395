import { join } from 'node:path';
import { type Logger, silentLogger } from '@pinhole/core';
import type { SharedPort } from '@pinhole/webrtc';
import { TokenStore } from '../auth/token-store.ts';
import { watchTokens } from '../auth/token-watch.ts';
import { utcNow } from '../clock.ts';
import type { ServerConfig, ServerConfigInput } from '../config/config-schema.ts';
import { checkConfig } from '../config/load-config.ts';
import { nameForItself, parseNetworkRanges } from '../config/network-range.ts';
import { PresetStore } from '../controls/preset-store.ts';
import { createApp } from '../http/app.ts';
import { openListener } from '../http/listener.ts';
import { securityHeaders } from '../http/security-headers.ts';
import { createUpgradeHandler } from '../http/upgrades.ts';
import { defaultCameraOf } from '../media/default-camera.ts';
import { type MediaParts, openMediaParts } from '../media/parts.ts';
import { openWebrtcPort } from '../media/webrtc-port.ts';
import { Metrics } from '../metrics/metrics.ts';
import { PicameraService } from '../picamera/picamera-service.ts';
import { PushSocket } from '../push/push-socket.ts';
import { RoomLinks } from '../rooms/room-links.ts';
import { checkRoomPlaces } from '../rooms/room-places.ts';
import { startTicker } from '../ticker.ts';
import { keyPairFor } from '../tls/key-pair.ts';
import { slotTargets } from '../ustreamer/slot-targets.ts';
import { VERSION } from '../version.ts';
import { WebAssets, webFolder } from '../web-assets/web-assets.ts';
import { openAdmission } from './admission.ts';
import { openCameras, openRecordings, withDefaultCamera } from './cameras.ts';
import { openJanus } from './janus.ts';
import { openMqtt } from './mqtt.ts';
import { warnOfOpenDoors } from './open-doors.ts';
import { openRooms } from './rooms.ts';
import { openViewing } from './viewing.ts';

/** What a server is started with. */
export interface ServerOptions {
  /** Checked already, as the command line does. */
  readonly config: ServerConfig;
  readonly log?: Logger;
  /** Where the built web app lies, when not where it always does. */
  readonly webFolder?: string;
  /** Sources and WebRTC other than the real ones. */
  readonly parts?: Partial<MediaParts>;
}

/** A server that runs. */
export interface RunningServer {
  /** How this machine reaches it, e.g. `http://localhost:8080`; with the real port. */
  readonly url: string;
  readonly port: number;
  /** Where MQTT over TCP listens; undefined when it does not. */
  readonly mqttPort: number | undefined;
  /** Where the Janus API has ports of its own. */
  readonly janusPorts: { readonly ws: number | undefined; readonly http: number | undefined };
  /** The token of the start link. A secret. */
  readonly adminToken: string;
  /** Every route that is mounted, as `:name` patterns; middleware counts as method `ALL`. */
  readonly routes: readonly { readonly method: string; readonly path: string }[];
  /** Stops accepting, says goodbye to viewers, stops sources. May be called again; never throws. */
  close(): Promise<void>;
}

const DRAIN_MS = 2000;

/**
 * Starts a server from values as they stand in a configuration file.
 * @throws {ConfigError} `config/invalid`; and whatever {@link openServer} throws
 */
export function startServer(
  options: Omit<ServerOptions, 'config'> & { readonly config: ServerConfigInput },
): Promise<RunningServer> {
  return openServer({ ...options, config: checkConfig(options.config) });
}

/**
 * Starts a server: everything that it is made of is put together here and nowhere else.
 * @throws {PinholeError} `http/*`, `tls/*`, `data/*`, `webrtc/port-taken`, `webrtc/bind`
 */
export async function openServer(options: ServerOptions): Promise<RunningServer> {
  const webrtcPort = await openWebrtcPort(options.config, options.log ?? silentLogger);
  try {
    return await openAround(webrtcPort, options);
  } catch (thrown) {
    await webrtcPort?.close();
    throw thrown;
  }
}

async function openAround(
  webrtcPort: SharedPort | undefined,
  options: ServerOptions,
): Promise<RunningServer> {
  const { log = silentLogger } = options;
  const config = withDefaultCamera(options.config);
  const { limits } = config;
  const defaultCamera = defaultCameraOf(config);
  checkRoomPlaces(config);
  const tokens = await TokenStore.open(config.data);
  const presets = await PresetStore.open(config.data, log);
  const tls = await keyPairFor(config, log);

  // Cameras and viewers
  const links = new RoomLinks();
  const media: MediaParts = {
    ...openMediaParts(config, { rooms: links, webrtcPort, log }),
    ...options.parts,
  };
  const cameras = openCameras(config, { media, presets, log });
  const recordings = await openRecordings(config, { cameras, media, log });
  const viewing = openViewing(config, { cameras, media, log });
  const { viewers, sessions, publishers, downloads, push } = viewing;
  const { whep, whip, live, raspicam, streams, mjpeg } = viewing;

  // Who may come in
  const admission = openAdmission(config, tokens);
  const { sockets, refusals, deadlines, writes, authenticator, gate } = admission;

  const rooms = openRooms(config, {
    cameras,
    media,
    links,
    authenticator,
    sessions,
    viewers,
    recognise: (socket) => sockets.recognise(socket),
    log,
  });

  const mqtt = await openMqtt(config, { authenticator, sockets, log });

  const picamera = await PicameraService.open({
    cameras: cameras.list().map((camera) => ({ camera, config: config.cameras[camera.id]?.picamera })),
    broker: mqtt,
    sessions,
    snapshots: media.snapshots,
    recordings,
    socketFolder: join(config.data, 'ipc'),
    now: utcNow,
    log,
  });

  const slots = media.openSlots({
    slots: slotTargets(
      cameras.list().map((camera) => ({ camera, config: config.cameras[camera.id]?.ustreamer })),
    ),
    now: utcNow,
    log,
  });

  const janus = await openJanus(config, { cameras, defaultCamera, sessions, admission, tls, log });

  // What they find
  let draining = false;
  const metrics = new Metrics({
    cameras,
    viewers,
    sockets,
    writes,
    refusals,
    authenticator,
    outputs: () => ({
      webrtc: sessions.totals,
      live: { ...live.counters },
      raspicam: { ...raspicam.counters },
      http: { ...streams.counters },
      mjpeg: { ...mjpeg.counters },
      publishers: { ...publishers.counters },
      push: { ...push.counters },
      janus: janus.service.counters,
      mqtt: mqtt.counters,
      ...(picamera.devices > 0 && { picamera: picamera.counters }),
      ...(slots.size > 0 && { ustreamer: { ...slots.counters } }),
      ...(rooms && {
        rooms: rooms.counters,
        'rooms-bus': rooms.busCounters,
        'room-cameras': rooms.cameraCounters,
      }),
    }),
    recordings,
    downloads,
    rooms,
    janus: janus.service,
    mqtt,
    fanout: media.fanout,
    webrtcPort,
    version: VERSION,
    now: utcNow,
  });
  const metricsRanges = parseNetworkRanges(config.metricsFrom);
  const app = createApp({
    gate,
    api: {
      cameras,
      viewers,
      sessions,
      tokens,
      presets,
      recordings,
      rooms: config.rooms,
      version: VERSION,
      now: utcNow,
      log,
    },
    media: { cameras, defaultCamera, whep, whip, streams, mjpeg, snapshots: media.snapshots, now: utcNow },
    push: { push, deadlines },
    janus: janus.service,
    downloads,
    assets: new WebAssets(options.webFolder ?? webFolder()),
    securityHeaders: securityHeaders({
      frameAncestors: config.frameAncestors,
      films: config.rooms.mode !== 'off',
      talks: Object.values(config.cameras).some(({ picamera }) => picamera !== undefined),
    }),
    bodyBytes: limits.bodyBytes,
    refusals,
    metrics: () => metrics.text(),
    metricsFrom: (address) => metricsRanges.includes(address),
    ready: () => !draining,
    recordingFails: () => recordings.failing.length > 0,
    log,
  });
  const listener = await openListener({
    address: config.listen,
    port: config.port,
    tls,
    fetch: (request, env) => app.fetch(request, env),
    upgrade: createUpgradeHandler({
      gate,
      cameras,
      defaultCamera,
      live,
      raspicam,
      push: new PushSocket(push),
      rooms,
      janus: janus.service,
      mqtt,
      refusals,
      log,
    }),
    sockets,
    refusals,
    deadlines,
    limits,
  }).catch(async (thrown: unknown) => {
    await janus.close({ graceMs: 0 });
    await picamera.close();
    await mqtt.close();
    throw thrown;
  });

  metrics.open();
  const stopTicker = startTicker(
    [
      () => cameras.tick(),
      () => sessions.tick(),
      () => viewers.tick(),
      () => publishers.tick(),
      () => push.tick(),
      () => recordings.tick(),
      () => downloads.tick(),
      () => rooms?.tick(),
      () => janus.service.tick(),
      () => mqtt.tick(),
      () => picamera.tick(),
      () => slots.tick(),
      watchTokens(
        tokens,
        [viewers, publishers, downloads, mqtt, janus.service, ...(rooms ? [rooms] : [])],
        log,
      ),
    ],
    log,
  );
  warnOfOpenDoors(config, log);
  log.info(
    { port: listener.port, address: config.listen, version: VERSION, cameras: Object.keys(config.cameras) },
    'server started',
  );

  let closed: Promise<void> | undefined;
  const close = async (): Promise<void> => {
    draining = true;
    // Children that wait for work do not keep the program alive; the wait for their end has to.
    const stayAlive = setInterval(() => {}, DRAIN_MS);
    const stopped = listener.close({ graceMs: DRAIN_MS });
    const leftRooms = rooms?.close();
    const leftMqtt = picamera.close().then(() => mqtt.close());
    const leftJanus = janus.close({ graceMs: DRAIN_MS });
    const ended = viewers.endWhere(() => true, 'shutdown');
    publishers.endWhere(() => true, 'shutdown');
    stopTicker();
    metrics.close();
    slots.close();
    // Files are completed before the pictures end.
    await recordings.close();
    await Promise.allSettled([leftRooms, leftMqtt, leftJanus, stopped, cameras.close(), media.close()]);
    await webrtcPort?.close();
    clearInterval(stayAlive);
    log.info({ viewers: ended }, 'server stopped');
  };
  return {
    url: `${tls === undefined ? 'http' : 'https'}://${nameForItself(config.listen)}:${listener.port}`,
    port: listener.port,
    mqttPort: mqtt.tcpPort,
    janusPorts: janus.ports,
    get adminToken() {
      return tokens.adminToken;
    },
    routes: app.routes.map(({ method, path }) => ({ method, path })),
    close: () => (closed ??= close()),
  };
}
