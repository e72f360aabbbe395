import { type CameraListing, RoomsError } from '@pinhole/client/rooms';
import { signal } from '@preact/signals';
import { token } from '../session/token.ts';
import { sentence } from './link-state.ts';
import { RoomEntry } from './room-entry.ts';
import { RoomView } from './room-view.ts';
import { RoomViewer } from './room-viewer.ts';
import { ServerClock } from './server-clock.ts';
import { stateAfter } from './view-state.ts';

/** A camera of the room, and what it says of itself. */
export interface RoomCamera extends CameraListing {
  readonly streaming?: boolean | undefined;
  readonly viewers?: number | undefined;
}

/** Where rooms are served: the server of this page. */
export const roomsUrl = (): string => `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/`;

/** Somebody's stay in a room: its cameras, what is watched of them, and what happened. */
export class RoomSession {
  readonly room: string;
  readonly #entry = new RoomEntry();
  readonly link = this.#entry.link;
  readonly happenings = this.#entry.happenings;
  /** Others in the room. */
  readonly members = signal(0);
  readonly cameras = signal<readonly RoomCamera[]>([]);
  /** What is watched, in the order in which it was asked for. */
  readonly views = signal<readonly RoomView[]>([]);
  readonly clock = new ServerClock();
  readonly #viewer: RoomViewer;
  readonly #statuses = new Map<string, { readonly streaming?: boolean; readonly viewers?: number }>();
  /** The last word of a camera that refused. */
  readonly #said = new Map<string, string>();

  constructor(room: string) {
    this.room = room;
    this.#viewer = new RoomViewer(
      { serverUrl: roomsUrl(), room, ...(token.value !== undefined && { token: token.value }) },
      {
        members: (clientIds) => {
          this.members.value = clientIds.size;
        },
        status: ({ cameraId, streaming, viewers }) => {
          this.#statuses.set(cameraId, {
            ...(streaming !== undefined && { streaming }),
            ...(viewers !== undefined && { viewers }),
          });
          this.#list();
          // What was refused for that reason is what the person wanted to see.
          const view = this.viewOf(cameraId);
          if (streaming === true && isStopped(view)) void this.#ask(view);
        },
        rejected: (cameraId, reason) => {
          this.#said.set(cameraId, reason);
          const view = this.viewOf(cameraId);
          // Its stream is still there, and ends with this message.
          view?.picture.hold();
          if (view?.takes === 'jpeg')
            this.#refused(view, new RoomsError('rooms/stream-rejected', `the camera refused: ${reason}`));
        },
        jpeg: (cameraId, jpeg) => this.viewOf(cameraId)?.showJpeg(jpeg),
      },
    );
    this.#listen();
    void this.#entry.open(async () => {
      await this.#viewer.connect();
      await this.#viewer.joinRoom(this.room);
    });
  }

  viewOf(cameraId: string): RoomView | undefined {
    return this.views.value.find((view) => view.cameraId === cameraId);
  }

  /** Watches a camera; again, where it came to nothing. */
  watch(cameraId: string): void {
    let view = this.viewOf(cameraId);
    if (view === undefined) {
      view = new RoomView(cameraId, this.clock.offset);
      this.views.value = [...this.views.value, view];
    }
    void this.#ask(view);
  }

  /** Watches all that are there and not watched yet. */
  watchAll(): void {
    for (const { cameraId } of this.cameras.value)
      if (this.viewOf(cameraId) === undefined) this.watch(cameraId);
  }

  /** Watches a camera no more. */
  stop(cameraId: string): void {
    const view = this.viewOf(cameraId);
    if (view === undefined) return;
    this.views.value = this.views.value.filter((other) => other !== view);
    if (view.takes === 'jpeg') this.#viewer.stopPictures(cameraId);
    this.#viewer.stopViewing(cameraId);
    view.close();
  }

  /** Asks the server which cameras there are. @returns what to tell the person */
  async refresh(): Promise<string> {
    try {
      const { length } = await this.#viewer.getAvailableCameras();
      return length === 1 ? 'There is one camera.' : `There are ${length} cameras.`;
    } catch (error) {
      return sentence((error as Error).message);
    }
  }

  /** Leaves the room. */
  close(): void {
    this.#entry.close();
    for (const view of this.views.value) view.close();
    this.clock.close();
    void this.#viewer.close();
  }

  #listen(): void {
    const viewer = this.#viewer;
    const say = (words: string): void => this.happenings.add(words);
    viewer.on('roomJoined', () => {
      this.#list();
      this.#entry.joined('In the room.');
      for (const view of this.views.value) if (view.takes === 'jpeg') void this.#ask(view);
    });
    viewer.on('reconnecting', (wait) => {
      this.#entry.lost('The connection to the server is lost. Pictures go on without it.', wait);
    });
    viewer.on('clientJoined', ({ deviceType }) => {
      if (deviceType === 'viewer') say('A viewer came.');
    });
    viewer.on('clientDisconnected', ({ deviceType }) => {
      if (deviceType === 'viewer') say('A viewer left.');
    });
    viewer.on('cameraAvailable', ({ cameraId }) => {
      const known = this.cameras.value.some((camera) => camera.cameraId === cameraId);
      this.#list();
      if (!known) say(`Camera “${cameraId}” is here.`);
      const view = this.viewOf(cameraId);
      if (view !== undefined && view.state.value.kind !== 'live') void this.#ask(view);
    });
    viewer.on('cameraUnavailable', ({ cameraId }) => {
      this.#statuses.delete(cameraId);
      this.#list();
      if (!this.cameras.value.some((camera) => camera.cameraId === cameraId)) this.#cameraLeft(cameraId);
    });
    viewer.on('availableCamerasList', () => this.#list());
    viewer.on('streamReceived', (stream, cameraId) => {
      const connection = viewer.peerConnections.get(cameraId);
      this.viewOf(cameraId)?.showStream(stream, connection as RTCPeerConnection | undefined);
      say(`Pictures of “${cameraId}” come.`);
    });
    viewer.on('streamLost', (cameraId, error) => {
      const view = this.viewOf(cameraId);
      if (view) this.#refused(view, error);
    });
    viewer.on('error', (error) => this.#entry.failed(error, viewer));
  }

  #cameraLeft(cameraId: string): void {
    this.happenings.add(`Camera “${cameraId}” left.`);
    const view = this.viewOf(cameraId);
    // One with a stream may come right back, and its picture goes on until then.
    if (view?.takes === 'jpeg' || view?.state.value.kind === 'rejected' || view?.state.value.kind === 'lost')
      view.ended({ kind: 'left' });
  }

  async #ask(view: RoomView): Promise<void> {
    const { cameraId } = view;
    view.asked(this.cameras.value.find((camera) => camera.cameraId === cameraId)?.capabilities);
    if (view.takes === 'jpeg') {
      this.#viewer.requestPictures(cameraId);
      return;
    }
    try {
      await this.#viewer.requestStream(cameraId);
    } catch (error) {
      if (this.views.value.includes(view)) this.#refused(view, error as RoomsError);
    }
  }

  #refused(view: RoomView, error: RoomsError): void {
    const { cameraId } = view;
    const lost = view.state.value.kind === 'live';
    const state = stateAfter(error, this.#said.get(cameraId));
    view.ended(
      lost && state.kind === 'rejected' && error.code !== 'rooms/stream-rejected'
        ? { kind: 'lost', reason: `${state.reason} It is asked for again by itself.` }
        : state,
    );
    if (state.kind === 'rejected') this.happenings.add(`No pictures of “${cameraId}”: ${state.why}.`);
  }

  #list(): void {
    this.cameras.value = this.#viewer.listings.map((listing) => ({
      ...listing,
      ...this.#statuses.get(listing.cameraId),
    }));
  }
}

const isStopped = (view: RoomView | undefined): view is RoomView => {
  const state = view?.state.value;
  return state?.kind === 'rejected' && state.why === 'stopped';
};
