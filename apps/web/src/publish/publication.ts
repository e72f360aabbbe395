import type { RoomsError } from '@pinhole/client/rooms';
import { signal } from '@preact/signals';
import { Happenings } from '../rooms/happenings.ts';
import { actionFor, isFinal, type LinkState, sentence } from '../rooms/link-state.ts';
import { roomsUrl } from '../rooms/room-session.ts';
import { token } from '../session/token.ts';
import { StampedCamera } from './stamped-camera.ts';

/** What is published, and where. */
export interface PublicationOptions {
  readonly room: string;
  readonly cameraId: string;
  readonly stream: MediaStream;
}

const RETRY_MS = 2000;

/** This device as a camera of a room. */
export class Publication {
  readonly room: string;
  readonly cameraId: string;
  readonly link = signal<LinkState>({ kind: 'connecting' });
  /** The gate: closed, viewers are told that the camera is stopped. */
  readonly sending = signal(true);
  readonly viewers = signal(0);
  readonly happenings = new Happenings();
  readonly #camera: StampedCamera;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #closed = false;

  constructor({ room, cameraId, stream }: PublicationOptions) {
    this.room = room;
    this.cameraId = cameraId;
    const { width, height } = stream.getVideoTracks()[0]?.getSettings() ?? {};
    this.#camera = new StampedCamera({
      serverUrl: roomsUrl(),
      room,
      cameraId,
      localStream: stream,
      capabilities: {
        transports: ['webrtc'],
        audio: stream.getAudioTracks().length > 0,
        ...(width !== undefined && height !== undefined && { width, height }),
      },
      ...(token.value !== undefined && { token: token.value }),
    });
    this.#listen();
    void this.#enter();
  }

  /** Opens or closes the gate. */
  toggle(): void {
    if (this.sending.value) this.stop();
    else void this.#camera.startStreaming();
  }

  /** Ends all views; who asks from now on is told that the camera is stopped. */
  stop(): void {
    void this.#camera.stopStreaming();
  }

  /** Sends another track from now on, to those who watch and those who will: no connection is made anew. */
  async replace(kind: 'video' | 'audio', track: MediaStreamTrack): Promise<void> {
    for (const connection of this.#camera.peerConnections.values()) {
      if (!(connection instanceof RTCPeerConnection)) continue;
      const sender = connection.getSenders().find((one) => one.track?.kind === kind);
      await sender
        ?.replaceTrack(track)
        .catch((thrown: unknown) => this.happenings.add(sentence(String(thrown))));
    }
  }

  /** Leaves the room. */
  close(): void {
    this.#closed = true;
    clearTimeout(this.#retry);
    void this.#camera.close();
  }

  async #enter(tries = 0): Promise<void> {
    try {
      await this.#camera.register();
      if (this.sending.value) await this.#camera.startStreaming();
    } catch (thrown) {
      if (this.#closed) return;
      const error = thrown as RoomsError;
      if (isFinal(error)) {
        this.#end(error);
        return;
      }
      const reason = error.code === 'rooms/connect' ? 'The server does not answer.' : sentence(error.message);
      const waitMs = Math.max(RETRY_MS, error.retryAfterMs ?? 0);
      this.link.value = { kind: 'reconnecting', reason, nextAt: Date.now() + waitMs, tries: tries + 1 };
      this.happenings.add(reason);
      this.#retry = setTimeout(() => void this.#enter(tries + 1), waitMs);
    }
  }

  #end(error: RoomsError): void {
    this.link.value = { kind: 'refused', reason: sentence(error.message), action: actionFor(error) };
    this.happenings.add(sentence(error.message));
  }

  #listen(): void {
    const camera = this.#camera;
    camera.on('registered', () => {
      this.link.value = { kind: 'joined' };
      this.happenings.add(`In the room as “${this.cameraId}”.`);
    });
    camera.on('reconnecting', ({ delayMs, tries }) => {
      const reason = 'The connection to the server is lost. Those who watch see on.';
      this.link.value = { kind: 'reconnecting', reason, nextAt: Date.now() + delayMs, tries };
      if (tries === 1) this.happenings.add(reason);
    });
    camera.on('streamingStarted', () => {
      this.sending.value = true;
      this.happenings.add('Whoever asks gets the picture.');
    });
    camera.on('streamingStopped', () => {
      if (this.#closed) return;
      this.sending.value = false;
      this.happenings.add('Stopped: whoever asks is told so.');
    });
    camera.on('viewers', (count) => {
      const more = count > this.viewers.value;
      this.viewers.value = count;
      if (!this.#closed) this.happenings.add(more ? 'A viewer watches.' : 'A viewer left.');
    });
    camera.on('error', (error) => {
      if (isFinal(error) && !camera.isConnected) this.#end(error);
      else if (!this.#closed) this.happenings.add(sentence(error.message));
    });
  }
}
