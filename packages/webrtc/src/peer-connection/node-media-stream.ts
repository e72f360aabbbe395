import { randomUUID } from 'node:crypto';
import type { NodeReceivedTrack } from './node-received-track.ts';
import type { NodeVideoTrack } from './node-video-track.ts';

/** A track that is sent, or one that is received. */
export type NodeMediaTrack = NodeVideoTrack | NodeReceivedTrack;

/** Tracks that belong together, in the shape that browsers give to a `MediaStream`. */
export class NodeMediaStream<Track extends NodeMediaTrack = NodeMediaTrack> {
  readonly id: string;
  readonly #tracks: Track[];

  constructor(tracks: readonly Track[] = [], id: string = randomUUID()) {
    this.#tracks = [...tracks];
    this.id = id;
  }

  getTracks(): readonly Track[] {
    return [...this.#tracks];
  }

  getVideoTracks(): readonly Track[] {
    return this.getTracks();
  }

  /** Adds a track, unless it is in here already. */
  addTrack(track: Track): void {
    if (!this.#tracks.includes(track)) this.#tracks.push(track);
  }
}
