import { useEffect, useRef } from 'preact/hooks';

const KEYS = [
  ['F', 'Full screen'],
  ['P', 'Picture in picture'],
  ['S', 'Save a snapshot'],
  ['I', 'Delay and statistics'],
  ['← →', 'Previous, next camera'],
  ['1 … 9', 'Open a camera'],
  ['Esc', 'All cameras'],
  ['?', 'This help'],
] as const;

/** What the keys do. */
export function HelpDialog({ onClose }: { readonly onClose: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog ref={dialog} onClose={onClose} aria-labelledby="help-title">
      <h2 id="help-title">Keys</h2>
      <dl>
        {KEYS.map(([key, meaning]) => (
          <>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{meaning}</dd>
          </>
        ))}
      </dl>
      <form method="dialog">
        <button type="submit" class="button">
          Close
        </button>
      </form>
    </dialog>
  );
}
