/** As far as raspicam's page uses it. */
declare module 'jmuxer' {
  export default class JMuxer {
    constructor(options: {
      readonly node: HTMLVideoElement;
      readonly mode: 'video';
      /** Milliseconds; 0 appends at once. */
      readonly flushingTime: number;
      readonly debug?: boolean;
    });
    feed(media: { readonly video: Uint8Array }): void;
    destroy(): void;
  }
}
