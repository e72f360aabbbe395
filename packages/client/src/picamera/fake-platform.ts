import { FakeConnection } from './fake-connection.ts';
import { FakeLink } from './fake-link.ts';
import { FakeSocket } from './fake-socket.ts';
import type { PiCameraPlatform } from './platform.ts';

/** A microphone that is told what happens to it. */
export class FakeMicrophone {
  enabled = true;
  stopped = false;
  readonly kind = 'audio';

  stop(): void {
    this.stopped = true;
  }

  get stream(): MediaStream {
    return { getAudioTracks: () => [this], getTracks: () => [this] } as unknown as MediaStream;
  }
}

/** A browser that does nothing by itself. */
export class FakePlatform implements PiCameraPlatform {
  readonly connections: FakeConnection[] = [];
  readonly links: FakeLink[] = [];
  readonly sockets: FakeSocket[] = [];
  microphone: () => Promise<MediaStream> = () => Promise.reject(new Error('Permission denied'));
  asked = 0;
  #ids = 0;

  openConnection(configuration: RTCConfiguration): RTCPeerConnection {
    const connection = new FakeConnection(configuration, this.connections.length + 1);
    this.connections.push(connection);
    return connection as unknown as RTCPeerConnection;
  }

  openLink(options: ConstructorParameters<typeof FakeLink>[0]): FakeLink {
    const link = new FakeLink(options);
    this.links.push(link);
    return link;
  }

  openSocket(url: string): WebSocket {
    const socket = new FakeSocket(url);
    this.sockets.push(socket);
    return socket as unknown as WebSocket;
  }

  openMicrophone(): Promise<MediaStream> {
    this.asked++;
    return this.microphone();
  }

  newId(): string {
    return `id-${++this.#ids}`;
  }

  /** The newest connection. */
  get connection(): FakeConnection {
    const connection = this.connections.at(-1);
    if (!connection) throw new Error('no connection was opened');
    return connection;
  }

  /** The newest WebSocket. */
  get socket(): FakeSocket {
    const socket = this.sockets.at(-1);
    if (!socket) throw new Error('no WebSocket was opened');
    return socket;
  }

  /** The newest link. */
  get link(): FakeLink {
    const link = this.links.at(-1);
    if (!link) throw new Error('no link was opened');
    return link;
  }
}
