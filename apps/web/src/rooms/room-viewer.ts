import {
  type CameraListing,
  type RoomServerMessage,
  type RoomServerMessageOf,
  ViewerClient,
  type ViewerClientOptions,
} from '@pinhole/client/rooms';

/** What a room's page hears besides what every viewer does. */
export interface RoomTaps {
  /** Everybody else in the room, by client id. */
  readonly members: (clientIds: ReadonlySet<string>) => void;
  readonly status: (status: RoomServerMessageOf<'cameraStatus'>) => void;
  /** A camera's word for why it refuses; the rejection of the request follows. */
  readonly rejected: (cameraId: string, reason: string) => void;
  /** A picture of a camera that was asked for JPEG. */
  readonly jpeg: (cameraId: string, jpeg: Uint8Array) => void;
}

/** A viewer that also counts the members, and takes the pictures of cameras that know only JPEG. */
export class RoomViewer extends ViewerClient {
  readonly #taps: RoomTaps;
  readonly #members = new Set<string>();
  /** Whose picture comes next. */
  #pictureOf: string | undefined;

  constructor(options: ViewerClientOptions, taps: RoomTaps) {
    super(options);
    this.#taps = taps;
  }

  /** The cameras of the room, as they were told last. */
  get listings(): readonly CameraListing[] {
    return this.cameras;
  }

  /** Asks for a camera's JPEG pictures, which come by the room's own connection. @returns false when not connected */
  requestPictures(cameraId: string): boolean {
    const requestId = this.newRequestId();
    return this.send({ type: 'requestStream', cameraId, requestId, transports: ['jpeg'] });
  }

  /** Ends them. */
  stopPictures(cameraId: string): void {
    this.send({ type: 'stopStream', cameraId });
  }

  protected override handleMessage(message: RoomServerMessage): void {
    // Before what it leads to.
    if (message.type === 'streamRejected') this.#taps.rejected(message.cameraId, message.reason ?? 'refused');
    super.handleMessage(message);
    if (message.type === 'joined')
      this.#count(() => {
        this.#members.clear();
        for (const { clientId } of message.members ?? []) this.#members.add(clientId);
      });
    else if (message.type === 'clientJoined') this.#count(() => this.#members.add(message.clientId));
    else if (message.type === 'clientDisconnected') this.#count(() => this.#members.delete(message.clientId));
    else if (message.type === 'cameraStatus') this.#taps.status(message);
    else if (message.type === 'frameInfo') this.#pictureOf = message.cameraId;
  }

  protected override handlePicture(data: Uint8Array): void {
    super.handlePicture(data);
    if (this.#pictureOf !== undefined) this.#taps.jpeg(this.#pictureOf, data);
    this.#pictureOf = undefined;
  }

  #count(change: () => void): void {
    change();
    if (this.clientId !== null) this.#members.delete(this.clientId);
    this.#taps.members(new Set(this.#members));
  }
}
