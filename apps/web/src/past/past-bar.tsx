import { useState } from 'preact/hooks';
import { IconButton } from '../components/icon-button.tsx';
import { ClipBar } from './clip-bar.tsx';
import { DayPicker } from './day-picker.tsx';
import { mark } from './past-actions.ts';
import { mayRecord, mayWatchPast, type Past } from './past-hook.ts';
import { RecordButtons, RecordWords } from './record-buttons.tsx';
import { Timeline, zoomTimeline } from './timeline.tsx';
import './past.css';

const RATES = [0.5, 1, 2, 4, 8, 16] as const;

interface PastBarProps {
  readonly past: Past;
  readonly listing: boolean;
  readonly onList: () => void;
}

/** The past of the camera under its picture: timeline, playback, recording. Nothing for those who may none of it. */
export function PastBar({ past, listing, onList }: PastBarProps) {
  const { camera } = past;
  const watching = mayWatchPast(camera);
  if (!watching && !mayRecord(camera)) return null;
  return (
    <section class="past" aria-label="Recordings">
      <div class="past-row">
        {mayRecord(camera) && (
          <div class="past-group">
            <RecordButtons past={past} />
          </div>
        )}
        {watching && <PlaybackButtons past={past} />}
        {watching && <FindButtons past={past} listing={listing} onList={onList} />}
      </div>
      {watching && <Timeline past={past} />}
      {watching && <ClipBar past={past} />}
      <div class="past-foot">
        <div>
          <RecordWords past={past} />
        </div>
        {watching && <Legend />}
      </div>
    </section>
  );
}

const Legend = () => (
  <div class="past-legend">
    <span data-of="recorded">Recorded</span>
    <span data-of="on-demand">On demand</span>
    <span data-of="memory">In memory</span>
  </div>
);

const PlaybackButtons = ({ past }: { readonly past: Past }) => {
  const { playback } = past;
  const active = playback.active.value;
  const playing = playback.playing.value || !active;
  return (
    <div class="past-group" role="toolbar" aria-label="Playback">
      <IconButton
        icon="keyBack"
        label="Key frame before (<)"
        onPress={() => playback.step(-1, 'key-frame')}
      />
      <IconButton icon="frameBack" label="Picture before (,)" onPress={() => playback.step(-1)} />
      <IconButton
        icon={playing ? 'pause' : 'play'}
        label={playing ? 'Pause (Space)' : 'Play (Space)'}
        onPress={() => playback.toggle()}
      />
      <IconButton icon="frameForward" label="Next picture (.)" onPress={() => playback.step(1)} />
      <IconButton
        icon="keyForward"
        label="Next key frame (>)"
        onPress={() => playback.step(1, 'key-frame')}
      />
      <select
        class="field"
        aria-label="Speed"
        value={playback.rate.value}
        onChange={({ currentTarget }) => playback.setRate(Number(currentTarget.value))}
      >
        {RATES.map((rate) => (
          <option key={rate} value={rate}>
            {rate}×
          </option>
        ))}
      </select>
      <button
        type="button"
        class="live-button"
        disabled={!active}
        title="Back to live (L)"
        onClick={() => playback.goLive()}
      >
        <span aria-hidden="true">●</span> {active ? 'Back to live' : 'Live'}
      </button>
    </div>
  );
};

const FindButtons = ({ past, listing, onList }: PastBarProps) => {
  const [picking, setPicking] = useState(false);
  return (
    <div class="past-group" role="toolbar" aria-label="Find and keep">
      <IconButton icon="markIn" label="Begin of the clip ([)" onPress={() => mark(past, 'from')} />
      <IconButton icon="markOut" label="End of the clip (])" onPress={() => mark(past, 'to')} />
      <button
        type="button"
        class="icon-button"
        aria-label="Show more time (-)"
        title="Show more time (-)"
        onClick={() => zoomTimeline(past, 2)}
      >
        −
      </button>
      <button
        type="button"
        class="icon-button"
        aria-label="Show less time (+)"
        title="Show less time (+)"
        onClick={() => zoomTimeline(past, 0.5)}
      >
        +
      </button>
      <IconButton icon="calendar" label="Choose a day" onPress={() => setPicking(true)} />
      <IconButton icon="list" label="List of recordings (V)" onPress={onList} pressed={listing} />
      {picking && <DayPicker past={past} onClose={() => setPicking(false)} />}
    </div>
  );
};
