import type { CameraSummary } from '../session/api.ts';
import { groupControls } from './control-groups.ts';
import { ControlRow } from './control-row.tsx';
import type { CameraControls } from './controls-hook.ts';
import { PresetList } from './preset-list.tsx';
import './controls.css';

interface ControlsPanelProps {
  readonly camera: CameraSummary;
  readonly controls: CameraControls;
}

/** Everything of a camera that can be changed, as the camera itself describes it. */
export function ControlsPanel({ camera, controls }: ControlsPanelProps) {
  const state = controls.state.value;
  return (
    <aside class="panel controls" aria-label="Camera controls">
      <div class="panel-head">
        <h2>Camera controls</h2>
        <button type="button" class="quiet-button" onClick={() => controls.reset()}>
          Reset all
        </button>
      </div>
      {state === undefined ? (
        <p class="quiet">Asking the camera.</p>
      ) : (
        groupControls(state.controls).map(({ name, controls: group }) => (
          <fieldset key={name}>
            <legend>{name}</legend>
            {group.map((control) => (
              <ControlRow key={control.id} control={control} controls={controls} />
            ))}
            {name === 'Stream' && <OthersNote camera={camera} />}
          </fieldset>
        ))
      )}
      <PresetList camera={camera.id} />
    </aside>
  );
}

/** Who sets what is missing here. */
const OthersNote = ({ camera }: { readonly camera: CameraSummary }) =>
  camera.source.kind === 'ustreamer' && !camera.jpeg ? (
    <p class="control-note">
      Bit rate, frame rate and key frames of H.264 are set by the program that feeds µStreamer’s slot, as by
      its options <code>--h264-bitrate</code> and <code>--h264-gop</code>.
    </p>
  ) : null;
