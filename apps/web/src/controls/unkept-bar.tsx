import { useEffect, useState } from 'preact/hooks';
import type { CameraControls } from './controls-hook.ts';

const COUNT_EVERY_MS = 200;

/** Asks to keep a risky change, and says when it is taken back otherwise. */
export function UnkeptBar({ controls }: { readonly controls: CameraControls }) {
  const state = controls.state.value;
  const unkept = state?.mayControl ? state.unkept : undefined;
  const [now, setNow] = useState(currentTime);

  useEffect(() => {
    if (!unkept) return;
    setNow(currentTime());
    const timer = setInterval(() => setNow(currentTime()), COUNT_EVERY_MS);
    return () => clearInterval(timer);
  }, [unkept]);

  if (!state || !unkept) return null;
  const names = unkept.controls.map(
    ({ id }) => state.controls.find((control) => control.id === id)?.label ?? id,
  );
  const seconds = Math.max(0, Math.ceil((unkept.revertAt - now) / 1000));
  return (
    <section class="unkept" aria-label="Keep the change?">
      <p>
        <strong>{names.join(', ')}</strong> {names.length > 1 ? 'go' : 'goes'} back in {seconds} s unless you
        keep it.
      </p>
      <span>
        <button type="button" class="button" onClick={() => controls.keep()}>
          Keep
        </button>
        <button type="button" class="quiet-button" onClick={() => controls.revert()}>
          Take back
        </button>
      </span>
    </section>
  );
}

const currentTime = (): number => performance.timeOrigin + performance.now();
