import { useEffect, useRef } from 'preact/hooks';
import { say } from '../components/toast.tsx';
import type { LiveCamera } from '../live-player-hook.ts';
import { nameOf, whyOtherwise } from './picture-ways.ts';
import type { View } from './view-hook.ts';
import { ViewMenu } from './view-menu.tsx';
import './view.css';

interface ViewButtonProps {
  readonly live: LiveCamera;
  readonly view: View;
  /** Whether the camera makes JPEG pictures itself. */
  readonly jpeg: boolean;
  readonly open: boolean;
  readonly onToggle: (open: boolean) => void;
}

/** How the picture comes, how fast and how large; pressed, it opens what of that can be chosen. */
export function ViewButton({ live, view, jpeg, open, onToggle }: ViewButtonProps) {
  const button = useRef<HTMLButtonElement>(null);
  const way = live.way.value;
  const stats = live.stats.value;
  const { mode } = view.settings;
  const noWebCodecs = live.player.current?.problemOf('webcodecs');
  const why = whyOtherwise({ mode, way, unavailable: live.unavailable.value, noWebCodecs });
  useReturnNews(live, mode === 'auto');

  const close = (): void => {
    onToggle(false);
    button.current?.focus();
  };
  return (
    <div class="view-place">
      <button
        ref={button}
        type="button"
        class="view-button"
        data-otherwise={why !== undefined}
        aria-haspopup="dialog"
        aria-expanded={open}
        title={why ?? 'Mode and view (M)'}
        onClick={() => onToggle(!open)}
      >
        <span class="view-way">
          {why !== undefined && <span aria-hidden="true">⚠ </span>}
          {way ? nameOf(way) : '…'}
        </span>
        {stats && stats.transport === way?.transport && stats.player === way.player && (
          <span class="view-figures">
            {Math.round(stats.framesPerSecond.painted)} fps · {inBits(stats.bitrateKbps)}
          </span>
        )}
        <span class="unseen">. Mode and view</span>
      </button>
      {open && <ViewMenu live={live} view={view} jpeg={jpeg} why={why} onClose={close} />}
    </div>
  );
}

/** Says so when the picture came another way for a while, and comes by WebRTC again. */
function useReturnNews(live: LiveCamera, automatic: boolean): void {
  const fellBack = useRef(false);
  const way = live.way.value;
  const missing = live.unavailable.value.length > 0;
  useEffect(() => {
    if (!automatic) fellBack.current = false;
    else if (way?.transport === 'websocket' && missing) fellBack.current = true;
    else if (way?.transport === 'webrtc' && fellBack.current) {
      fellBack.current = false;
      say('WebRTC works again: the picture comes by it.');
    }
  }, [automatic, way, missing]);
}

const inBits = (kbps: number): string =>
  kbps < 1000 ? `${kbps} kbit/s` : `${(kbps / 1000).toFixed(kbps < 10_000 ? 1 : 0)} Mbit/s`;
