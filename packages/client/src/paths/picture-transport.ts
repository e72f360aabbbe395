/** A way to pictures of somebody else's server: `janusTransport` of `@pinhole/client/janus` makes one. */
export interface PictureTransport {
  readonly name: 'janus';
  /** It has credentials of its own. */
  readonly token?: never;
  /**
   * For the player alone: opens a path of its own kind (a `PicturePath`), of which what becomes comes as events, the
   * first of them after this returned. The types stay inside, with all that they need.
   */
  open(handle: (event: never) => void): unknown;
}
