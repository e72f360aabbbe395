import { useEffect, useState } from 'preact/hooks';
import { Icon } from '../components/icon.tsx';
import { say } from '../components/toast.tsx';
import { applyPreset, listPresets, type Preset, removePreset, savePreset } from './presets-api.ts';

/** The named sets of values of a camera: to apply, to save, to remove. */
export function PresetList({ camera }: { readonly camera: string }) {
  const [presets, setPresets] = useState<readonly Preset[]>([]);
  const [name, setName] = useState('');

  const refresh = (): Promise<void> => listPresets(camera).then(setPresets, refuse);
  useEffect(() => void refresh(), [camera]);

  const change = (done: Promise<unknown>, words?: string): void => {
    void done.then(() => words !== undefined && say(words), refuse).then(refresh);
  };
  const apply = (preset: Preset): void => {
    applyPreset(camera, preset.name).then(
      ({ skipped }) =>
        say(
          skipped.length === 0
            ? `“${preset.name}” applied.`
            : `Not all of “${preset.name}”: ${skipped[0]?.why}`,
        ),
      refuse,
    );
  };
  const save = (event: Event): void => {
    event.preventDefault();
    const trimmed = name.trim();
    if (trimmed === '') return;
    const known = presets.find((preset) => preset.name === trimmed);
    change(savePreset(camera, { name: trimmed, atStart: known?.atStart ?? false }), `Saved “${trimmed}”.`);
    setName('');
  };

  return (
    <section class="presets" aria-label="Presets">
      <h3>Presets</h3>
      <ul>
        {presets.map((preset) => (
          <li key={preset.name}>
            <button type="button" class="quiet-button" onClick={() => apply(preset)} title="Apply">
              {preset.name}
            </button>
            <label title="Set these values when the program starts">
              <input
                type="checkbox"
                checked={preset.atStart}
                onChange={(event) =>
                  change(savePreset(camera, { ...preset, atStart: event.currentTarget.checked }))
                }
              />
              At start
            </label>
            <button
              type="button"
              class="icon-button small"
              aria-label={`Remove ${preset.name}`}
              title="Remove"
              onClick={() => change(removePreset(camera, preset.name))}
            >
              <Icon name="remove" />
            </button>
          </li>
        ))}
      </ul>
      <form onSubmit={save}>
        <input
          class="field"
          value={name}
          maxLength={48}
          placeholder="Name"
          aria-label="Name of the preset"
          onInput={(event) => setName(event.currentTarget.value)}
        />
        <button type="submit" class="quiet-button" disabled={name.trim() === ''}>
          Save
        </button>
      </form>
    </section>
  );
}

const refuse = (error: unknown): void => say(error instanceof Error ? error.message : String(error));
