import type { Device, DeviceCamera } from './device-camera.ts';
import { SILENT } from './device-camera.ts';

/** Which camera and which microphone. */
export const DevicePickers = ({
  device,
  publishing,
}: {
  readonly device: DeviceCamera;
  readonly publishing: boolean;
}) => {
  const silent = device.microphoneId.value === SILENT;
  const opened = device.stream.value !== undefined;
  if (!device.possible) return null;
  return (
    <div class="pickers">
      <Picker
        label="Camera"
        devices={device.cameras.value}
        chosen={device.cameraId.value}
        disabled={!opened || device.busy.value}
        onChoose={(id) => void device.chooseCamera(id)}
      />
      <Picker
        label="Microphone"
        devices={device.microphones.value}
        chosen={device.microphoneId.value}
        // With sound is another connection than without: those who watch would have to come again.
        none={publishing && !silent ? undefined : 'None'}
        disabled={!opened || device.busy.value || (publishing && silent)}
        hint={publishing && silent ? 'Leave the room to add one.' : undefined}
        onChoose={(id) => void device.chooseMicrophone(id)}
      />
    </div>
  );
};

const Picker = ({
  label,
  devices,
  chosen,
  none,
  hint,
  disabled,
  onChoose,
}: {
  readonly label: string;
  readonly devices: readonly Device[];
  readonly chosen: string;
  readonly none?: string | undefined;
  readonly hint?: string | undefined;
  readonly disabled: boolean;
  readonly onChoose: (id: string) => void;
}) => (
  <label class="choice">
    <span>
      {label}
      {hint !== undefined && <small> {hint}</small>}
    </span>
    <select value={chosen} disabled={disabled} onChange={(event) => onChoose(event.currentTarget.value)}>
      {none !== undefined && <option value="">{none}</option>}
      {none === undefined && !devices.some(({ id }) => id === chosen) && (
        <option value={chosen}>As the browser chooses</option>
      )}
      {devices.map(({ id, label: name }) => (
        <option key={id} value={id}>
          {name}
        </option>
      ))}
    </select>
  </label>
);
