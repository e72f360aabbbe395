import type { PathEvent, PicturePath } from './picture-path.ts';

/** A way to pictures of somebody else's server: `janusTransport` of `@pinhole/client/janus` makes one. */
export interface PictureTransport {
  readonly name: 'janus';
  /** It has credentials of its own. */
  readonly token?: never;
  /** Opens a path; what becomes of it comes as events, the first of them after this returned. */
  open(handle: (event: PathEvent) => void): PicturePath;
}
