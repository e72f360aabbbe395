import type { Source } from '@pinhole/engine';

/** A source that falls silent when it is told to, as a capture card without a signal. */
export class MutableSource {
  silent: boolean;
  keyFramesAsked = 0;

  constructor(options: { readonly silent: boolean }) {
    this.silent = options.silent;
  }

  wrap(source: Source): Source {
    return {
      requestKeyFrame: () => {
        this.keyFramesAsked++;
        source.requestKeyFrame();
      },
      describe: () => source.describe(),
      controls: () => source.controls(),
      setControl: (...change) => source.setControl(...change),
      start: (sink, options) =>
        source.start(
          {
            ...sink,
            write: (unit) => {
              if (!this.silent) sink.write(unit);
            },
          },
          options,
        ),
    };
  }
}
