import { useLayoutEffect, useRef } from 'preact/hooks';
import { IconButton } from '../components/icon-button.tsx';
import { say } from '../components/toast.tsx';
import { delayInWords, type PictureFigures } from './picture-figures.ts';
import type { RoomView } from './room-view.ts';
import type { ViewState } from './view-state.ts';

interface RoomTileProps {
  readonly view: RoomView;
  readonly label: string;
  /** Whether all figures are shown, and not the delay alone. */
  readonly figures: boolean;
  readonly onStop: () => void;
  readonly onAgain: () => void;
}

/** A camera's picture, with what is true of it written on it. */
export function RoomTile({ view, label, figures, onStop, onAgain }: RoomTileProps) {
  const frame = useRef<HTMLDivElement>(null);
  const { picture } = view;
  useLayoutEffect(() => frame.current?.prepend(picture.element), [picture]);
  const state = view.state.value;
  const known = picture.figures.value;
  const since = picture.staleSince.value;
  const shown = shownState(state, since);
  const shape =
    known?.width !== undefined && known.height !== undefined
      ? { '--shape': `${known.width} / ${known.height}` }
      : {};
  const fullScreen = (): void => {
    const done = document.fullscreenElement ? document.exitFullscreen() : frame.current?.requestFullscreen();
    done?.catch(() => say('This browser does not allow full screen here.'));
  };

  return (
    <div
      class="live-view room-tile"
      ref={frame}
      data-camera={view.cameraId}
      data-view={shown.word.toLowerCase()}
      data-stale={since !== undefined}
      style={shape}
    >
      <ViewNotice state={state} since={since} onAgain={onAgain} />
      <div class="overlay-top">
        <span class="chip name">
          <bdi>{label}</bdi>
        </span>
        <span class="chip pill" data-tone={shown.tone}>
          <span class="mark" aria-hidden="true">
            {shown.mark}
          </span>
          {shown.word}
        </span>
        {since === undefined && <DelayChip figures={known} />}
      </div>
      {figures && known !== undefined && <FigureList figures={known} />}
      <div class="tile-buttons">
        {picture.sound.value !== 'none' && (
          <IconButton
            icon={picture.sound.value === 'on' ? 'speaker' : 'speakerOff'}
            label={picture.sound.value === 'on' ? `Mute ${label}` : `Hear ${label}`}
            onPress={() => picture.toggleSound()}
          />
        )}
        <IconButton icon="expand" label={`Full screen: ${label}`} onPress={fullScreen} />
        <IconButton icon="remove" label={`Stop ${label}`} onPress={onStop} />
      </div>
    </div>
  );
}

interface Shown {
  readonly tone: 'waiting' | 'live' | 'frozen';
  readonly mark: string;
  readonly word: string;
}

/** What the picture is, at a glance: never by colour alone. */
function shownState(state: ViewState, since: number | undefined): Shown {
  switch (state.kind) {
    case 'waiting':
      return { tone: 'waiting', mark: '◌', word: 'Waiting' };
    case 'lost':
      return { tone: 'waiting', mark: '↻', word: 'Lost' };
    case 'rejected':
      return { tone: 'frozen', mark: '✕', word: `Rejected: ${state.why}` };
    case 'left':
      return { tone: 'frozen', mark: '✕', word: 'Left' };
    case 'live':
      return since === undefined
        ? { tone: 'live', mark: '●', word: 'Live' }
        : { tone: 'frozen', mark: '■', word: 'Frozen' };
  }
}

const ViewNotice = ({
  state,
  since,
  onAgain,
}: {
  readonly state: ViewState;
  readonly since: number | undefined;
  readonly onAgain: () => void;
}) => {
  if (state.kind === 'live' && since === undefined) return null;
  const { title, reason } = wordsFor(state);
  return (
    <div class="notice" role="status">
      <strong>{title}</strong>
      <p>{reason}</p>
      {since !== undefined && <p>The picture is from {new Date(since).toLocaleTimeString()}.</p>}
      {state.kind === 'rejected' && (
        <button type="button" class="quiet-button" onClick={onAgain}>
          Try again
        </button>
      )}
    </div>
  );
};

function wordsFor(state: ViewState): { readonly title: string; readonly reason: string } {
  switch (state.kind) {
    case 'waiting':
      return { title: 'Waiting…', reason: 'The camera was asked; its picture comes when it answers.' };
    case 'live':
      return { title: 'The picture stands still', reason: 'No frame came for a while.' };
    case 'lost':
      return { title: 'Lost', reason: state.reason };
    case 'rejected':
      return { title: `Rejected: ${state.why}`, reason: state.reason };
    case 'left':
      return { title: 'The camera left', reason: 'Its picture comes by itself when the camera is back.' };
  }
}

/** The true delay, where the camera tells when its pictures were captured; else how long they wait here, named so. */
const DelayChip = ({ figures }: { readonly figures: PictureFigures | undefined }) => {
  const { latency, bufferMs } = figures ?? {};
  if (latency !== undefined)
    return (
      <span
        class="chip latency"
        title={`From capture to paint, as true as the camera's clock; the clocks agree to ± ${Math.ceil(latency.confidenceMs)} ms. 95 of 100 frames within ${Math.round(latency.p95Ms)} ms.`}
      >
        {delayInWords(latency)}
      </span>
    );
  if (bufferMs === undefined) return null;
  return (
    <span
      class="chip latency"
      title="How long pictures wait in this browser. The camera does not tell when it captured them, so the whole delay is not known."
    >
      buffer {Math.round(bufferMs)} ms
    </span>
  );
};

const FigureList = ({ figures }: { readonly figures: PictureFigures }) => {
  const { latency, codec, width, height, framesPerSecond, bitrateKbps, bufferMs, roundTripMs, loss } =
    figures;
  const words = [
    codec,
    width !== undefined && height !== undefined && `${width} × ${height}`,
    framesPerSecond !== undefined && `${framesPerSecond} a second`,
    bitrateKbps !== undefined && `${(bitrateKbps / 1000).toFixed(2)} Mbit/s`,
    latency === undefined ? 'delay not known' : `delay ${delayInWords(latency)}`,
    bufferMs !== undefined && `buffer ${Math.round(bufferMs)} ms`,
    roundTripMs !== undefined && `round trip ${Math.round(roundTripMs)} ms`,
    loss !== undefined && loss > 0 && `lost ${(loss * 100).toFixed(1)} %`,
  ];
  return (
    <ul class="figures" aria-label="Figures">
      {words.map((word) => typeof word === 'string' && <li key={word.split(' ')[0]}>{word}</li>)}
    </ul>
  );
};
