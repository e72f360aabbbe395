import type { LiveCamera } from '../live-player-hook.ts';
import { FocusPeaking } from './focus-peaking.tsx';
import type { OverlaySettings } from './overlay-settings.ts';
import './overlays.css';

interface PictureOverlaysProps {
  readonly live: LiveCamera;
  readonly settings: OverlaySettings;
}

/** Centre cross, grid of thirds, and what is in focus, over the picture itself and not over the bars beside it. */
export function PictureOverlays({ live, settings }: PictureOverlaysProps) {
  const { cross, grid, thickness, colour, peaking } = settings;
  const { width = 16, height = 9 } = live.stats.value ?? {};
  return (
    <div class="overlays" aria-hidden="true">
      {peaking && <FocusPeaking live={live} settings={settings} />}
      {(cross || grid) && (
        <svg aria-hidden="true" viewBox={`0 0 ${width} ${height}`} stroke={colour} stroke-width={thickness}>
          {grid && <path class="thirds" d={thirds(width, height)} />}
          {cross && <path class="cross" d={centre(width, height)} />}
        </svg>
      )}
    </div>
  );
}

const thirds = (width: number, height: number): string =>
  [1, 2].map((n) => `M${(width * n) / 3} 0V${height}M0 ${(height * n) / 3}H${width}`).join('');

/** Each arm is a twelfth of the picture's shorter side. */
const centre = (width: number, height: number): string => {
  const arm = Math.min(width, height) / 12;
  const [x, y] = [width / 2, height / 2];
  return `M${x - arm} ${y}H${x + arm}M${x} ${y - arm}V${y + arm}`;
};
