import { type IncomingMessage, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Logger } from '@pinhole/core';
import type { Cameras } from '@pinhole/engine';
import type { LiveEndpoint } from '@pinhole/outputs/live';
import { LIVE_SUBPROTOCOL, type LiveByeCode } from '@pinhole/protocol/live';
import { PROBLEM_TYPE, serializeProblem } from '@pinhole/protocol/whep';
import { identityAt, requireCamera } from '../auth/require.ts';
import type { JanusService } from '../janus/janus-service.ts';
import type { MqttService } from '../mqtt/mqtt-service.ts';
import type { PushSocket } from '../push/push-socket.ts';
import type { RoomService } from '../rooms/room-service.ts';
import { type Gate, targetOf } from './gate.ts';
import { HttpProblem, problemOf } from './problem.ts';
import type { Refusals } from './refusals.ts';
import { socketRouteOf } from './socket-route.ts';
import { offersSubprotocol } from './subprotocol.ts';

/** What {@link createUpgradeHandler} works with. */
export interface UpgradeOptions {
  readonly gate: Gate;
  readonly cameras: Cameras;
  readonly live: LiveEndpoint;
  /** `/ws/`. */
  readonly raspicam: LiveEndpoint;
  /** `/push/{camera}`. */
  readonly push: PushSocket;
  /** `/`, where rooms are served. */
  readonly rooms: RoomService | undefined;
  /** `/janus`, and below. */
  readonly janus: JanusService;
  /** `/mqtt`. */
  readonly mqtt: MqttService;
  /** The camera for addresses that name none. */
  readonly defaultCamera: string;
  readonly refusals: Refusals;
  readonly log: Logger;
}

/** Sends each WebSocket upgrade where its path says, after the same checks that every request passes. */
export function createUpgradeHandler(options: UpgradeOptions) {
  const { gate, cameras, live, raspicam, push, rooms, janus, mqtt, defaultCamera, refusals, log } = options;
  return (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
    socket.on('error', () => socket.destroy());
    try {
      const address = gate.addressOf(request);
      gate.admit(request, { changes: true });
      gate.countWrite(address);
      const access = gate.authenticate(request, address);
      if (rooms !== undefined && targetOf(request).pathname === '/') {
        rooms.upgrade({ request, socket, head }, access);
        return;
      }
      if (targetOf(request).pathname === '/mqtt') {
        mqtt.upgrade({ request, socket, head }, access);
        return;
      }
      if (JANUS.test(targetOf(request).pathname)) {
        janus.upgrade({ request, socket, head }, access);
        return;
      }
      const route = socketRouteOf(targetOf(request), { defaultCamera });
      const camera = requireCamera(cameras, access, route.camera, route.kind === 'push' ? 'publish' : 'view');
      if (route.kind === 'push') {
        push.upgrade({ request, socket, head }, { camera, identity: identityAt(access, camera.id) });
        return;
      }
      const endpoint = route.kind === 'live' ? live : raspicam;
      const context = { camera: camera.id, identity: identityAt(access, camera.id), ...route.wish };
      endpoint.upgrade({ request, socket, head }, context);
    } catch (thrown) {
      const problem = problemOf(thrown) ?? new HttpProblem(500, 'http/internal', 'the server made a mistake');
      if (problem.status >= 500) log.error({ error: thrown }, 'an upgrade failed');
      refusals.note(problem.status);
      // A page cannot read the status of a refused upgrade, so our own client is told inside the WebSocket.
      const bye = speaksLive(request) ? BYE_BY_CODE[problem.code] : undefined;
      if (bye === undefined) refuse(socket, problem);
      else live.refuse({ request, socket, head }, { bye, error: problem });
    }
  };
}

/** As pages have it behind their proxies: `/janus/ws`. */
const JANUS = /^\/janus(?:\/|$)/;

/** How the live protocol says what a problem says. */
const BYE_BY_CODE: Readonly<Record<string, LiveByeCode>> = {
  'auth/required': 'unauthorized',
  'auth/malformed': 'unauthorized',
  'auth/unknown-token': 'unauthorized',
  'auth/expired': 'expired',
  'auth/forbidden': 'forbidden',
  'auth/too-many-failures': 'limit',
  'http/too-many-requests': 'limit',
  'camera/unknown': 'unknown-camera',
};

const speaksLive = (request: IncomingMessage): boolean =>
  request.headers['sec-websocket-key'] !== undefined && offersSubprotocol(request, LIVE_SUBPROTOCOL);

/** Answers an upgrade with a problem. */
export function refuse(socket: Duplex, problem: HttpProblem): void {
  const { status, code, message, headers } = problem;
  const title = STATUS_CODES[status] ?? 'Error';
  const body = serializeProblem({ status, code, title, detail: message });
  const lines = [
    `HTTP/1.1 ${status} ${title}`,
    `Content-Type: ${PROBLEM_TYPE}`,
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
  ];
  socket.end(`${lines.join('\r\n')}\r\n\r\n${body}`, () => socket.destroy());
}
