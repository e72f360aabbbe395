/** The streams of a room: one for each participant, with all of their tracks. */
export class RemoteStreams {
  readonly #streams = new Map<string, MediaStream>();

  /** Adds a track. @returns all that its participant has */
  add(track: MediaStreamTrack, sid: string): MediaStream {
    const stream = this.#streams.get(sid) ?? new MediaStream();
    this.#streams.set(sid, stream);
    stream.addTrack(track);
    return stream;
  }

  /** Forgets a participant. */
  delete(sid: string): void {
    this.#streams.delete(sid);
  }

  /** All sound that comes. */
  get audioTracks(): readonly MediaStreamTrack[] {
    return [...this.#streams.values()].flatMap((stream) => stream.getAudioTracks());
  }

  /** Forgets all. */
  clear(): void {
    this.#streams.clear();
  }
}
