import type { RecordedDay } from '@pinhole/client/recordings';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { IconButton } from '../components/icon-button.tsx';
import type { Past } from './past-hook.ts';
import { lengthOf } from './time-words.ts';

interface Month {
  readonly year: number;
  /** From 0. */
  readonly month: number;
}

/** Monday of a week that has all days, for their names. */
const A_MONDAY = new Date(2024, 0, 1);

/** A calendar with the days that have recordings. */
export function DayPicker({ past, onClose }: { readonly past: Past; readonly onClose: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const shown = new Date(past.playback.positionMs.value ?? past.nowMs());
  const [month, setMonth] = useState<Month>({ year: shown.getFullYear(), month: shown.getMonth() });
  const days = past.watch.days.value;
  useLayoutEffect(() => dialog.current?.showModal(), []);
  useEffect(() => void past.watch.askDays(), [past]);

  const choose = ({ start }: RecordedDay): void => {
    onClose();
    past.look(dayWindow(start / 1000));
    past.playback.watch(start / 1000);
  };
  const turn = (by: number): void => {
    const date = new Date(month.year, month.month + by, 1);
    setMonth({ year: date.getFullYear(), month: date.getMonth() });
  };
  const recorded = new Map(days?.map((day) => [day.day, day]));
  return (
    <dialog
      ref={dialog}
      class="day-picker"
      aria-labelledby="days-title"
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
    >
      <div class="panel-head">
        <IconButton icon="back" label="Month before" onPress={() => turn(-1)} />
        <h2 id="days-title">
          {new Date(month.year, month.month, 1).toLocaleDateString(undefined, {
            month: 'long',
            year: 'numeric',
          })}
        </h2>
        <span class="turned">
          <IconButton icon="back" label="Next month" onPress={() => turn(1)} />
        </span>
      </div>
      <div class="days">
        {Array.from({ length: 7 }, (_, i) => (
          <abbr key={i} title={weekday(i, 'long')}>
            {weekday(i, 'narrow')}
          </abbr>
        ))}
        {cellsOf(month).map((day, i) => {
          const found = day === undefined ? undefined : recorded.get(nameOf(month, day));
          if (day === undefined) return <span key={`empty-${i}`} />;
          const words = found && `${lengthOf(found.recordedSeconds * 1000)} recorded`;
          return (
            <button
              key={day}
              type="button"
              disabled={found === undefined}
              title={words ?? 'Nothing was recorded'}
              aria-label={`${day}: ${words ?? 'nothing recorded'}`}
              onClick={() => found && choose(found)}
            >
              {day}
            </button>
          );
        })}
      </div>
      {days?.length === 0 && <p class="quiet">There are no recordings yet.</p>}
      <button type="button" class="quiet-button" onClick={onClose}>
        Close
      </button>
    </dialog>
  );
}

const DAY_MS = 86_400_000;
const dayWindow = (atMs: number) => {
  const fromMs = new Date(atMs).setHours(0, 0, 0, 0);
  return { fromMs, toMs: fromMs + DAY_MS };
};

const weekday = (index: number, form: 'long' | 'narrow'): string =>
  new Date(A_MONDAY.getTime() + index * DAY_MS).toLocaleDateString(undefined, { weekday: form });

/** The days of a month from Monday on; undefined for those of the month before. */
function cellsOf({ year, month }: Month): readonly (number | undefined)[] {
  const before = (new Date(year, month, 1).getDay() + 6) % 7;
  const count = new Date(year, month + 1, 0).getDate();
  return Array.from({ length: before + count }, (_, i) => (i < before ? undefined : i - before + 1));
}

const nameOf = ({ year, month }: Month, day: number): string =>
  `${year}-${String(month + 1).padStart(2, '0')}-${String(day).padStart(2, '0')}`;
