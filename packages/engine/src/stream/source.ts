import type { Abort, Millis } from '@pinhole/core';
import type { ControlDescriptor, ControlValue } from '../control/control-descriptor.ts';
import type {
  PicturePublication,
  PicturesRequest,
  Publication,
  PublishRequest,
} from '../session/publication.ts';
import type { AccessUnit } from './access-unit.ts';
import type { SourceAudioFrame } from './audio-frame.ts';
import type { JpegPicture } from './jpeg-picture.ts';

/** What a source is doing, in a form a page can put into words. */
export type SourceState =
  | { readonly kind: 'idle' }
  | { readonly kind: 'connecting' }
  | { readonly kind: 'live' }
  /** `retryInMs` is 0 where it can try nothing by itself: it waits for somebody who comes. */
  | { readonly kind: 'retrying'; readonly code: string; readonly why: string; readonly retryInMs: Millis }
  | { readonly kind: 'failed'; readonly code: string; readonly why: string };

/** What somebody may want of a camera: H.264 access units with sound, or JPEG pictures. */
export type MediaKind = 'units' | 'pictures';

/** Where a source puts what it makes. */
export interface SourceSink {
  write(unit: AccessUnit): void;
  /** Takes a frame of sound. Absent where sound has no use. */
  audio?(frame: SourceAudioFrame): void;
  /** Takes a JPEG picture of a camera that makes those. Absent where they have no use. */
  picture?(picture: JpegPicture): void;
  /** Tells what it is doing now. `why` names the field, the value and the fix, and holds no credentials. */
  state(state: SourceState): void;
  /** Tells that `controls()` or `controlValues()` give something else now, other than by a `setControl`. */
  controlsChanged?(): void;
}

/** What a source makes, as far as it is known. */
export interface SourceDescription {
  /** The kind by which it is configured: `synthetic`, `file`, `rtsp`, … */
  readonly kind: string;
  /** For people; no credentials. */
  readonly label: string;
  /** A key frame can be asked for; without it newcomers get the cached GOP. */
  readonly keyFrameOnRequest: boolean;
  /** Why the pictures are encoded here rather than passed through, when they are. */
  readonly transcoding?: string;
  /** Its pictures come as JPEG; H.264 is made from them while somebody wants that. */
  readonly jpeg?: boolean;
}

/** A camera's producing end. It owns its connection and every retry of it. */
export interface Source {
  /**
   * Produces until `signal` aborts; resolves when everything it opened is closed again.
   * @throws {PinholeError} `source/*` when trying again is useless (no such file, refused credentials).
   */
  start(sink: SourceSink, options: { readonly signal: Abort }): Promise<void>;
  /** Asks for a key frame soon; does nothing where that is impossible. */
  requestKeyFrame(): void;
  describe(): SourceDescription;
  /**
   * Tells what is wanted of a source that can make several things, before `start` and whenever it changes; one that
   * makes H.264 from JPEG rests its encoder while no unit is wanted. Absent where there is no choice.
   */
  want?(kinds: ReadonlySet<MediaKind>): void;
  /**
   * Answers a peer that offers to publish the pictures. Absent where the source fetches them itself.
   * @throws {PinholeError} `publish/occupied` (somebody else publishes), `webrtc/*`
   */
  publish?(request: PublishRequest): Promise<Publication>;
  /**
   * Lets somebody in who sends JPEG pictures. Absent where the source fetches them itself.
   * @throws {PinholeError} `publish/occupied` (somebody else does)
   */
  publishPictures?(request: PicturesRequest): PicturePublication;
  /** What can be changed, as far as it is known now; empty before a device was asked. */
  controls(): readonly ControlDescriptor[];
  /** The values that hold now, as far as the camera can tell; the defaults hold for the rest. */
  controlValues?(): ReadonlyMap<string, ControlValue>;
  /**
   * Changes one control; the value is one that the descriptor allows. One call at a time. It may come while the source
   * does not run: the value then holds from the next `start`. Where the descriptor says `restart`, the source restarts
   * what it has to by itself. A value that holds already costs nothing.
   * @throws {PinholeError} `control/unknown`, `control/out-of-range`, or `control/refused` when the camera would not.
   */
  setControl(id: string, value: ControlValue): Promise<void>;
}
