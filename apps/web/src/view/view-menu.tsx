import type { ComponentChildren } from 'preact';
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import type { LiveCamera } from '../live-player-hook.ts';
import { MODE_WORDS, OWN_JPEG } from './picture-ways.ts';
import type { View } from './view-hook.ts';
import { MODES, TURNS, type ViewSettings } from './view-settings.ts';

interface ViewMenuProps {
  readonly live: LiveCamera;
  readonly view: View;
  /** Whether the camera makes JPEG pictures itself. */
  readonly jpeg: boolean;
  /** Why the picture comes another way than it could. */
  readonly why: string | undefined;
  readonly onClose: () => void;
}

/** By what means the picture comes, and how it is turned and sized. Nothing of it needs a new page. */
export function ViewMenu({ live, view, jpeg, why, onClose }: ViewMenuProps) {
  const menu = useRef<HTMLDivElement>(null);
  const { mode, turn, mirrored, size } = view.settings;
  useLayoutEffect(() => {
    if (menu.current) place(menu.current);
    menu.current?.querySelector<HTMLInputElement>('input:checked')?.focus({ preventScroll: true });
  }, []);
  useEffect(() => {
    const press = ({ target }: Event): void => {
      if (target instanceof Node && !menu.current?.parentElement?.contains(target)) onClose();
    };
    document.addEventListener('pointerdown', press);
    return () => document.removeEventListener('pointerdown', press);
  });
  const { width, height, codec } = live.stats.value ?? {};

  return (
    <div
      ref={menu}
      class="view-menu"
      role="dialog"
      aria-label="Mode and view"
      onKeyDown={(event) => {
        if (event.key !== 'Escape') return;
        event.stopPropagation();
        onClose();
      }}
    >
      <output class="view-why" data-otherwise={why !== undefined}>
        {why ?? (width === undefined ? 'No picture yet.' : `${width} × ${height}, ${codec ?? 'H.264'}`)}
      </output>
      <fieldset class="view-modes">
        <legend>Mode</legend>
        {MODES.map((each) => (
          <Choice key={each} name="mode" checked={each === mode} onChoose={() => view.change({ mode: each })}>
            <span>{MODE_WORDS[each].name}</span>
            <small>{each === 'auto' && jpeg ? OWN_JPEG : MODE_WORDS[each].good}</small>
          </Choice>
        ))}
      </fieldset>
      <fieldset class="view-row">
        <legend>Turned</legend>
        {TURNS.map((each) => (
          <Choice key={each} name="turn" checked={each === turn} onChoose={() => view.change({ turn: each })}>
            {each}°
          </Choice>
        ))}
        <label class="view-choice">
          <input
            type="checkbox"
            name="mirrored"
            checked={mirrored}
            onChange={(event) => view.change({ mirrored: event.currentTarget.checked })}
          />
          Mirrored
        </label>
      </fieldset>
      <fieldset class="view-row">
        <legend>Size</legend>
        {(['fit', 'original'] as const).map((each) => (
          <Choice key={each} name="size" checked={each === size} onChoose={() => view.change({ size: each })}>
            {SIZE_WORDS[each]}
          </Choice>
        ))}
      </fieldset>
      <div class="view-end">
        <button type="button" class="quiet-button" onClick={() => live.player.current?.reconnect()}>
          Connect anew
        </button>
        <small>Kept for this camera in this browser.</small>
      </div>
    </div>
  );
}

const MARGIN_PIXELS = 18;

/** Above its button, or below where that leaves more room; never beyond the window. */
function place(menu: HTMLElement): void {
  const button = menu.parentElement?.getBoundingClientRect();
  // On a phone it is a sheet, which the style sheet places.
  if (!button || getComputedStyle(menu).position === 'fixed') return;
  const above = button.top - MARGIN_PIXELS;
  const below = innerHeight - button.bottom - MARGIN_PIXELS;
  const isBelow = menu.scrollHeight > above && below > above;
  menu.dataset['side'] = isBelow ? 'below' : 'above';
  menu.style.maxHeight = `${isBelow ? below : above}px`;
}

const SIZE_WORDS: Readonly<Record<ViewSettings['size'], string>> = {
  fit: 'Fit the window',
  original: 'Original, 1:1',
};

interface ChoiceProps {
  readonly name: string;
  readonly checked: boolean;
  readonly onChoose: () => void;
  readonly children: ComponentChildren;
}

const Choice = ({ name, checked, onChoose, children }: ChoiceProps) => (
  <label class="view-choice">
    <input type="radio" name={`view-${name}`} checked={checked} onChange={onChoose} />
    {children}
  </label>
);
