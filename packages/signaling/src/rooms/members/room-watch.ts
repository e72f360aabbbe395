import type { Identity } from '@pinhole/engine';
import type { RoomServerMessage, RoomServerMessageOf } from '@pinhole/protocol/rooms';
import type { Rooms } from '../rooms.ts';
import { LocalMember } from './local-member.ts';

/** What happens to a camera of a room, as one who watches it sees it. */
export interface RoomWatchHandlers {
  /** The camera came, or came again by another connection: what was agreed on with it before is void. */
  readonly came: () => void;
  readonly left: () => void;
  readonly offered: (sdp: string) => void;
  /** A candidate of the camera, as SDP has it. */
  readonly candidate: (candidate: string) => void;
  /** A request came to nothing; with `not-joined`, the room would not even have this viewer. */
  readonly refused: (code: string, why: string) => void;
  /** A whole JPEG picture; nobody else uses its memory for anything else. */
  readonly picture: (jpeg: Uint8Array) => void;
}

/** What watching a camera of a room is made with. */
export interface RoomWatchOptions extends RoomWatchHandlers {
  readonly rooms: Rooms;
  readonly room: string;
  readonly cameraId: string;
  readonly who: Identity;
}

/** One camera of a room, watched by this program. */
export class RoomWatch {
  readonly #options: RoomWatchOptions;
  readonly #member: LocalMember;
  /** The camera's client id, while it is there. */
  #camera: string | undefined;
  #joined = false;

  constructor(options: RoomWatchOptions) {
    this.#options = options;
    const { rooms, who } = options;
    this.#member = new LocalMember({
      rooms,
      identity: {
        who,
        owner: undefined,
        mayJoin: () => true,
        mayPublish: () => false,
        mayView: (_, cameraId) => cameraId === options.cameraId,
      },
      handle: (message) => this.#handle(message),
      picture: ({ clientId, jpeg }) => {
        if (clientId === this.#camera) options.picture(jpeg);
      },
      ended: () => this.#lose(),
    });
    this.#join();
  }

  /** Asks the camera for its pictures, in whatever way it has them; enters the room where that failed before. */
  request(): void {
    const { cameraId } = this.#options;
    if (!this.#joined) this.#join();
    else this.#member.say({ type: 'requestStream', cameraId, transports: ['webrtc', 'jpeg'] });
  }

  answer(sdp: string): void {
    if (this.#camera !== undefined)
      this.#member.say({ type: 'answer', target: this.#camera, sdp: { type: 'answer', sdp } });
  }

  /** Leaves the room; the camera is told. May be called again. */
  close(): void {
    this.#member.close();
  }

  #join(): void {
    this.#member.say({ type: 'join', room: this.#options.room, deviceType: 'viewer' });
  }

  #handle(message: RoomServerMessage): void {
    if (message.type === 'joined') this.#joined = true;
    else if (message.type === 'cameraAvailable') this.#come(message);
    else if (message.type === 'cameraUnavailable' || message.type === 'clientDisconnected') {
      if (message.clientId === this.#camera) this.#lose();
    } else if (message.type === 'offer' || message.type === 'iceCandidate') this.#hear(message);
    else this.#hearRefusal(message);
  }

  #come({ cameraId, clientId }: RoomServerMessageOf<'cameraAvailable'>): void {
    if (cameraId !== this.#options.cameraId || clientId === this.#camera) return;
    this.#camera = clientId;
    this.#options.came();
  }

  #hear(message: RoomServerMessageOf<'offer'> | RoomServerMessageOf<'iceCandidate'>): void {
    if (message.sender !== this.#camera) return;
    if (message.type === 'offer') {
      if (message.sdp?.sdp !== undefined) this.#options.offered(message.sdp.sdp);
    } else if (message.candidate?.candidate) this.#options.candidate(message.candidate.candidate);
  }

  #hearRefusal(message: RoomServerMessage): void {
    const { refused } = this.#options;
    if (message.type === 'cameraNotFound') refused('camera-not-found', 'it is not in the room');
    else if (message.type === 'streamRejected')
      refused('stream-rejected', message.reason ?? 'it gave no reason');
    else if (message.type === 'error')
      refused(message.re === 'join' ? 'not-joined' : message.code, message.message);
  }

  #lose(): void {
    if (this.#camera === undefined) return;
    this.#camera = undefined;
    this.#options.left();
  }
}
