import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Camera, Identity, PublisherEnd } from '@pinhole/engine';
import { type MessageSocket, MessageSockets } from '@pinhole/outputs/sockets';
import { MULTIPART_LIMITS } from '@pinhole/protocol/multipart';
import { END_IN_WORDS } from './push-post.ts';
import type { PushService } from './push-service.ts';

/** The WebSocket subprotocol of those who send pictures; a browser needs one to carry its token beside. */
const PUSH_SUBPROTOCOL = 'pinhole.push.v1';

/** Close codes, those of the live WebSocket where they mean the same. */
const CLOSE_CODE: Readonly<Record<PublisherEnd, number>> = {
  left: 1000,
  timeout: 4408,
  silent: 4409,
  'ice-failed': 4409,
  replaced: 4409,
  revoked: 4403,
  expired: 4401,
  shutdown: 4410,
};
/** What is no JPEG so often in a row will not become one. */
const MOST_REFUSED = 30;
const UNSUPPORTED_DATA = 1003;

/** Takes `/push/{camera}`: each binary message is one JPEG picture. */
export class PushSocket {
  readonly #push: PushService;
  readonly #sockets = new MessageSockets({
    maxMessageBytes: MULTIPART_LIMITS.partBytes,
    subprotocol: PUSH_SUBPROTOCOL,
  });

  constructor(push: PushService) {
    this.#push = push;
  }

  /**
   * Takes an upgrade of somebody who may publish.
   * @throws {PinholeError} `publish/occupied`, `publish/unsupported`; the upgrade is still to be answered then
   */
  upgrade(
    upgrade: { readonly request: IncomingMessage; readonly socket: Duplex; readonly head: Buffer },
    { camera, identity }: { readonly camera: Camera; readonly identity: Identity },
  ): void {
    let open: MessageSocket | undefined;
    let over: PublisherEnd | undefined;
    const end = (why: PublisherEnd): void => {
      over = why;
      open?.close(CLOSE_CODE[why], END_IN_WORDS[why]);
    };
    const sender = this.#push.stream(camera, identity, end);
    upgrade.socket.once('close', () => sender.leave());
    let refusedInARow = 0;
    this.#sockets.accept(upgrade, (socket) => {
      open = socket;
      if (over !== undefined) end(over);
      return {
        binary: (message) => {
          refusedInARow = sender.write(message) === 'not-jpeg' ? refusedInARow + 1 : 0;
          if (refusedInARow < MOST_REFUSED) return;
          sender.leave();
          socket.close(UNSUPPORTED_DATA, 'each binary message has to be one whole JPEG picture');
        },
        // Devices introduce themselves in words of their own.
        text: () => this.#push.counters.textsIgnored++,
        closed: () => sender.leave(),
      };
    });
  }
}
