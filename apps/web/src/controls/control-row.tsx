import type { Control, ControlValue } from '@pinhole/client/controls';
import { useRef, useState } from 'preact/hooks';
import { Icon } from '../components/icon.tsx';
import type { CameraControls } from './controls-hook.ts';
import { RangeField } from './range-field.tsx';

interface ControlRowProps {
  readonly control: Control;
  readonly controls: CameraControls;
}

/** One control: its name, what it is set to, how to set it, and why that cannot be done. */
export function ControlRow({ control, controls }: ControlRowProps) {
  const { id, label, help, inactive } = control;
  const [wanted, want] = useState<ControlValue>();
  const changes = useRef(0);
  const fault = controls.faults.value.get(id);

  /** Shows what was chosen until the server says what holds. */
  const set = (value: ControlValue): void => {
    const change = ++changes.current;
    want(value);
    void controls.set(id, value).then(() => {
      if (change === changes.current) want(undefined);
    });
  };

  const shown = control.kind === 'button' ? undefined : (wanted ?? control.value);
  const atDefault = control.kind === 'button' || shown === control.default;
  return (
    <div class="control" data-control={id} data-inactive={inactive !== undefined}>
      {control.kind === 'button' || (
        <div class="control-head">
          <label for={`control-${id}`} title={help}>
            {label}
            {control.risky && (
              <span class="mark-risky" title="Taken back after 10 s unless you keep it">
                {' '}
                ⚠<span class="unseen"> Taken back unless you keep it</span>
              </span>
            )}
          </label>
          {atDefault || inactive !== undefined || (
            <button
              type="button"
              class="icon-button small"
              title="Back to the default"
              aria-label={`${label}: back to the default`}
              onClick={() => controls.reset(id)}
            >
              <Icon name="reset" />
            </button>
          )}
        </div>
      )}
      <Field control={control} value={shown} onSet={set} />
      {inactive !== undefined && (
        <p class="control-note" id={`control-${id}-note`}>
          {inactive.charAt(0).toUpperCase() + inactive.slice(1)}.
        </p>
      )}
      {fault !== undefined && (
        <p class="control-fault" role="alert">
          {fault}
        </p>
      )}
    </div>
  );
}

interface FieldProps {
  readonly control: Control;
  readonly value: ControlValue | undefined;
  readonly onSet: (value: ControlValue) => void;
}

function Field({ control, value, onSet }: FieldProps) {
  const { id, label, inactive } = control;
  const common = {
    id: `control-${id}`,
    disabled: inactive !== undefined,
    ...(inactive !== undefined && { 'aria-describedby': `control-${id}-note` }),
  };
  switch (control.kind) {
    case 'range':
      return <RangeField control={control} value={Number(value)} common={common} onSet={onSet} />;
    case 'switch':
      return (
        <input
          type="checkbox"
          role="switch"
          class="switch"
          aria-checked={value === true}
          checked={value === true}
          onChange={(event) => onSet(event.currentTarget.checked)}
          {...common}
        />
      );
    case 'menu':
      return (
        <select class="field" onChange={(event) => onSet(event.currentTarget.value)} {...common}>
          {control.options.some((option) => option.value === value) || (
            <option value={String(value)} selected>
              {value}
            </option>
          )}
          {control.options.map((option) => (
            <option key={option.value} value={option.value} selected={option.value === value}>
              {option.label}
              {option.value === control.default && ' (default)'}
            </option>
          ))}
        </select>
      );
    case 'button':
      return (
        <button type="button" class="quiet-button" onClick={() => onSet(true)} {...common}>
          {label}
        </button>
      );
  }
}
