import type { CameraRecording } from '@pinhole/client/recordings';
import { IconButton } from '../components/icon-button.tsx';
import { saveLast, toggleRecording } from './past-actions.ts';
import type { Past } from './past-hook.ts';
import { clockOf } from './time-words.ts';

/** Starts and ends a recording, says who did, and keeps what was just seen. */
export function RecordButtons({ past }: { readonly past: Past }) {
  const recording = past.watch.recording.value;
  const onDemand = recording?.by.length !== undefined && recording.by.length > 0;
  const why = recording && reasonAgainst(recording);
  return (
    <>
      <button
        type="button"
        class="record-button"
        aria-pressed={onDemand}
        disabled={recording === undefined || why !== undefined}
        title={why ?? (onDemand ? 'End the recording (R)' : 'Record (R)')}
        onClick={() => void toggleRecording(past)}
      >
        <span class="record-dot" data-on={recording?.recording === true} aria-hidden="true" />
        {onDemand ? 'Stop recording' : 'Record'}
      </button>
      <IconButton icon="saveLast" label="Save the last 30 s" onPress={() => void saveLast(past)} />
    </>
  );
}

/** What is recorded now, and what goes wrong, in words. */
export function RecordWords({ past }: { readonly past: Past }) {
  const recording = past.watch.recording.value;
  const fault = past.watch.fault.value;
  if (recording === undefined)
    return fault === undefined ? null : (
      <p class="past-fault" role="alert">
        {fault}
      </p>
    );
  const faults = [
    ...(fault === undefined ? [] : [fault]),
    ...[recording.background, recording.onDemand].flatMap(({ state, lastError }) =>
      state === 'failing' && lastError ? [`Not recording: ${lastError.why}`] : [],
    ),
    ...(recording.archive.fault === undefined ? [] : [recording.archive.fault]),
  ];
  const words = wordsOf(recording);
  const { reading } = recording.archive;
  const why = reasonAgainst(recording);
  return (
    <>
      {[...new Set(faults)].map((each) => (
        <p key={each} class="past-fault" role="alert">
          {each}
        </p>
      ))}
      {words !== undefined && (
        <p class="past-note">
          {recording.recording && <span class="record-dot" data-on="true" aria-hidden="true" />} {words}
        </p>
      )}
      {words === undefined && why !== undefined && <p class="past-note">{why}</p>}
      {reading && reading.waiting > 0 && (
        <p class="past-note">
          Recordings are being looked through: {reading.read} read, {reading.waiting} to go.
        </p>
      )}
    </>
  );
}

/** Why nobody can start a recording, in words; undefined when somebody can. */
function reasonAgainst({ mode }: CameraRecording): string | undefined {
  if (mode === 'off') {
    return 'This camera is not recorded; the last minutes can be rewound. To record, set "record" in its configuration.';
  }
  return mode === 'background' ? 'This camera is recorded all the time.' : undefined;
}

function wordsOf({ recording, by, background }: CameraRecording): string | undefined {
  if (!recording) return undefined;
  const all = background.state === 'recording' ? ['Recorded all the time'] : [];
  const people = by.map(({ who, since }) => `${who} since ${clockOf(since / 1000)}`);
  const demand = people.length === 0 ? [] : [`recording for ${people.join(', ')}`];
  const words = [...all, ...demand].join('; ');
  return words === '' ? undefined : `${words.charAt(0).toUpperCase()}${words.slice(1)}.`;
}
