import { signal } from '@preact/signals';
import { sentence } from '../rooms/link-state.ts';
import { RoomEntry } from '../rooms/room-entry.ts';
import { roomsUrl } from '../rooms/room-session.ts';
import { token } from '../session/token.ts';
import { StampedCamera } from './stamped-camera.ts';

/** What is published, and where. */
export interface PublicationOptions {
  readonly room: string;
  readonly cameraId: string;
  readonly stream: MediaStream;
}

/** This device as a camera of a room. */
export class Publication {
  readonly room: string;
  readonly cameraId: string;
  /** The gate: closed, viewers are told that the camera is stopped. */
  readonly sending = signal(true);
  readonly viewers = signal(0);
  readonly #entry = new RoomEntry();
  readonly link = this.#entry.link;
  readonly happenings = this.#entry.happenings;
  readonly #camera: StampedCamera;

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
    void this.#entry.open(async () => {
      await this.#camera.register();
      if (this.sending.value) await this.#camera.startStreaming();
    });
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
    this.#entry.close();
    void this.#camera.close();
  }

  #listen(): void {
    const camera = this.#camera;
    camera.on('registered', () => {
      this.#entry.joined(`In the room as “${this.cameraId}”.`);
    });
    camera.on('reconnecting', (wait) => {
      this.#entry.lost('The connection to the server is lost. Those who watch see on.', wait);
    });
    camera.on('streamingStarted', () => {
      this.sending.value = true;
      this.happenings.add('Whoever asks gets the picture.');
    });
    camera.on('streamingStopped', () => {
      if (this.#entry.closed) return;
      this.sending.value = false;
      this.happenings.add('Stopped: whoever asks is told so.');
    });
    camera.on('viewers', (count) => {
      const more = count > this.viewers.value;
      this.viewers.value = count;
      if (!this.#entry.closed) this.happenings.add(more ? 'A viewer watches.' : 'A viewer left.');
    });
    camera.on('error', (error) => this.#entry.failed(error, camera));
  }
}
