import { useState } from 'preact/hooks';
import { type RangeControl, shownRange } from './shown-range.ts';
import { sliderScale } from './slider-scale.ts';

interface RangeFieldProps {
  readonly control: RangeControl;
  readonly value: number;
  readonly common: { readonly id: string; readonly disabled: boolean };
  readonly onSet: (value: number) => void;
}

/** A slider with its default marked, and a field for the exact number. */
export function RangeField({ control: told, value: given, common, onSet: give }: RangeFieldProps) {
  const control = shownRange(told);
  const { id, label, min, max, step, unit, applies, factor } = control;
  const value = given / factor;
  const onSet = (shownValue: number): void =>
    give(factor === 1 ? shownValue : Math.round(shownValue * factor));
  const [dragged, drag] = useState<number>();
  const [typed, type] = useState<string>();
  const scale = sliderScale(control);
  const shown = dragged ?? value;
  // A camera that restarts for each value is given the last one only.
  const live = applies === 'live';

  const take = (text: string): void => {
    type(undefined);
    const number = Number(text.replace(',', '.'));
    if (text.trim() !== '' && Number.isFinite(number)) onSet(number);
  };
  return (
    <div class="range">
      <input
        type="range"
        min={scale.min}
        max={scale.max}
        step={scale.step}
        value={scale.placeOf(shown)}
        list={`control-${id}-default`}
        aria-valuetext={unit === undefined ? String(shown) : `${shown} ${unit}`}
        onInput={(event) => {
          const next = scale.valueAt(event.currentTarget.valueAsNumber);
          if (live) onSet(next);
          else drag(next);
        }}
        onChange={(event) => {
          drag(undefined);
          if (!live) onSet(scale.valueAt(event.currentTarget.valueAsNumber));
        }}
        {...common}
      />
      <datalist id={`control-${id}-default`}>
        <option value={scale.placeOf(control.default)} label={`Default: ${control.default}`} />
      </datalist>
      <span class="number">
        <input
          type="text"
          inputMode={min < 0 ? 'text' : 'decimal'}
          class="field"
          aria-label={`${label}, number from ${min} to ${max}${step > 1 ? ` in steps of ${step}` : ''}`}
          disabled={common.disabled}
          value={typed ?? String(shown)}
          onInput={(event) => type(event.currentTarget.value)}
          onBlur={(event) => {
            if (typed !== undefined) take(event.currentTarget.value);
          }}
          onKeyDown={(event) => {
            if (event.key === 'Enter') take(event.currentTarget.value);
            else if (event.key === 'Escape') {
              type(undefined);
              event.stopPropagation();
            }
          }}
        />
        {unit !== undefined && <span class="unit">{unit}</span>}
      </span>
    </div>
  );
}
