import { useLayoutEffect, useRef } from 'preact/hooks';

/** Keys, and what each does. */
export type KeyList = readonly (readonly [key: string, meaning: string])[];

const KEYS: KeyList = [
  ['F', 'Full screen'],
  ['P', 'Picture in picture'],
  ['S', 'Save a snapshot'],
  ['I', 'Delay and statistics'],
  ['C', 'Camera controls'],
  ['M', 'Mode and view'],
  ['T', 'Turn the picture'],
  ['O', 'Overlays: cross, grid, focus'],
  ['K', 'Keep a risky change'],
  ['← →', 'Previous, next camera'],
  ['1 … 9', 'Open a camera'],
  ['Space', 'Pause, play'],
  ['J', '10 s back'],
  ['← →', 'In the past: 10 s back, forth; 1 s with Shift'],
  [', .', 'One picture back, forth; key frames: < >'],
  ['[ ]', 'Begin, end of a clip'],
  ['+ −', 'Timeline: less, more time'],
  ['Home', 'Oldest on the timeline'],
  ['End, L', 'Back to live'],
  ['R', 'Record'],
  ['V', 'List of recordings'],
  ['Esc', 'Back to live; all cameras'],
  ['?', 'This help'],
];

/** What the keys do. */
export function HelpDialog({
  keys = KEYS,
  onClose,
}: {
  readonly keys?: KeyList;
  readonly onClose: () => void;
}) {
  const dialog = useRef<HTMLDialogElement>(null);
  useLayoutEffect(() => dialog.current?.showModal(), []);
  // The page takes the dialog away, not the browser: what is asked next must not meet one that is closed and still there.
  const cancel = (event: Event): void => {
    event.preventDefault();
    onClose();
  };
  return (
    <dialog ref={dialog} onCancel={cancel} aria-labelledby="help-title">
      <h2 id="help-title">Keys</h2>
      <dl>
        {keys.map(([key, meaning]) => (
          <>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{meaning}</dd>
          </>
        ))}
      </dl>
      <button type="button" class="button" onClick={onClose}>
        Close
      </button>
    </dialog>
  );
}
