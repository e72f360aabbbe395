import type { FakeChannel, FakeConnection } from './fake-connection.ts';
import { FakePlatform } from './fake-platform.ts';
import { PiCamera } from './pi-camera.ts';
import type { PiCameraEvents } from './picamera-events.ts';
import type { IPiCameraOptions } from './picamera-options.ts';

const EVENTS = [
  'onConnectionState',
  'onDatachannel',
  'onProgress',
  'onStream',
  'onSfuStream',
  'onSnapshot',
  'onMetadata',
  'onVideoListLoaded',
  'onVideoDownloaded',
  'onRecording',
  'onMessage',
  'onTimeout',
  'onRoomInfo',
  'onQuality',
  'onSpeaking',
  'onParticipant',
  'onError',
] as const satisfies readonly (keyof PiCameraEvents)[];

/** An SDP answer of a device. */
export const answerOf = (device: string): string =>
  `v=0\r\na=fingerprint:sha-256 ${device}\r\nm=video 9 UDP/TLS/RTP/SAVPF 96\r\n`;

/** A camera in a browser that a test plays, with all that it told. */
export class CameraRig {
  readonly platform = new FakePlatform();
  readonly camera: PiCamera;
  readonly told: (readonly [event: string, ...values: unknown[]])[] = [];

  constructor(options: IPiCameraOptions = {}) {
    this.camera = new PiCamera(
      { deviceUid: 'garden', mqttHost: 'broker.example', isMicOn: false, ...options },
      this.platform,
    );
    for (const name of EVENTS) {
      Object.assign(this.camera, { [name]: (...values: unknown[]) => this.told.push([name, ...values]) });
    }
  }

  get connection(): FakeConnection {
    return this.platform.connection;
  }

  /** The id of this viewer. */
  get cid(): string {
    return this.platform.link.clientId;
  }

  /** Where something was published, in order. */
  get topics(): readonly string[] {
    return this.platform.link.published.map(({ topic }) => topic);
  }

  /** The values of the events of one name. */
  all(name: keyof PiCameraEvents): readonly (readonly unknown[])[] {
    return this.told.filter(([event]) => event === name).map(([, ...values]) => values);
  }

  /** The codes of the errors so far. */
  get errors(): readonly string[] {
    return this.all('onError').map(([error]) => (error as { readonly code: string }).code);
  }

  /** Channels by their id. */
  channel(id: number): FakeChannel {
    const channel = this.connection.channels.find(({ options }) => options.id === id);
    if (!channel) throw new Error(`channel ${id} was not opened`);
    return channel;
  }

  /** Connects and makes the offer. */
  async offer(): Promise<this> {
    this.camera.connect();
    this.platform.link.accept();
    await settled();
    return this;
  }

  /** The device answers on the topics of a family. */
  async answer(family: 'sdp' | 'offer', device = 'AA:BB'): Promise<this> {
    const level = family === 'sdp' ? 'sdp' : 'answer';
    this.platform.link.bring(`garden/${level}/${this.cid}`, { type: 'answer', sdp: answerOf(device) });
    await settled();
    return this;
  }

  /** Connects, and opens the channels. */
  async live(family: 'sdp' | 'offer'): Promise<this> {
    await this.offer();
    await this.answer(family);
    this.connection.become('connected');
    for (const channel of this.connection.channels) channel.open();
    return this;
  }
}

/** Waits until promises that are settled have had their effect. */
export const settled = async (): Promise<void> => {
  for (let i = 0; i < 30; i++) await Promise.resolve();
};
