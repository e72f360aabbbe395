import type { ComponentChildren } from 'preact';
import { OVERLAY_LIMITS, type OverlaySettings } from './overlay-settings.ts';
import '../controls/controls.css';

interface OverlaysPanelProps {
  readonly settings: OverlaySettings;
  readonly onChange: (settings: OverlaySettings) => void;
}

/** What may lie over the picture; kept for this camera in this browser. */
export function OverlaysPanel({ settings, onChange }: OverlaysPanelProps) {
  const change = (changed: Partial<OverlaySettings>): void => onChange({ ...settings, ...changed });
  const toggle = (name: 'cross' | 'grid' | 'peaking', label: string) => (
    <Option label={label} name={name}>
      <input
        id={`overlay-${name}`}
        type="checkbox"
        role="switch"
        class="switch"
        aria-checked={settings[name]}
        checked={settings[name]}
        onChange={(event) => change({ [name]: event.currentTarget.checked })}
      />
    </Option>
  );
  const amount = (name: keyof typeof OVERLAY_LIMITS, label: string) => (
    <Option label={`${label}: ${settings[name]}`} name={name}>
      <input
        id={`overlay-${name}`}
        type="range"
        {...OVERLAY_LIMITS[name]}
        value={settings[name]}
        onInput={(event) => change({ [name]: event.currentTarget.valueAsNumber })}
      />
    </Option>
  );
  const colour = (name: 'colour' | 'peakingColour', label: string) => (
    <Option label={label} name={name}>
      <input
        id={`overlay-${name}`}
        type="color"
        value={settings[name]}
        onInput={(event) => change({ [name]: event.currentTarget.value })}
      />
    </Option>
  );
  return (
    <aside class="panel" aria-label="Overlays">
      <div class="panel-head">
        <h2>Overlays</h2>
      </div>
      <fieldset>
        <legend>Lines</legend>
        {toggle('cross', 'Centre cross')}
        {toggle('grid', 'Grid of thirds')}
        {amount('thickness', 'Thickness')}
        {colour('colour', 'Colour')}
      </fieldset>
      <fieldset>
        <legend>Focus</legend>
        {toggle('peaking', 'Mark what is sharp')}
        {amount('threshold', 'Threshold')}
        {colour('peakingColour', 'Colour')}
      </fieldset>
      <p class="quiet">Kept for this camera in this browser. Nobody else sees them.</p>
    </aside>
  );
}

interface OptionProps {
  readonly name: string;
  readonly label: string;
  readonly children: ComponentChildren;
}

const Option = ({ name, label, children }: OptionProps) => (
  <div class="overlay-option">
    <label for={`overlay-${name}`}>{label}</label>
    {children}
  </div>
);
