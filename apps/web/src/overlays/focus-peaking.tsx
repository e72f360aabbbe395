import { useEffect, useRef } from 'preact/hooks';
import type { LiveCamera } from '../live-player-hook.ts';
import { openEdgePainter } from './edge-painters.ts';
import type { OverlaySettings } from './overlay-settings.ts';
import { rgbOf } from './sharp-edges.ts';

interface FocusPeakingProps {
  readonly live: LiveCamera;
  readonly settings: OverlaySettings;
}

/** Marks what is in focus, frame by frame, whatever shows the picture. Costs nothing while it is not on the page. */
export function FocusPeaking({ live, settings }: FocusPeakingProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const current = useRef(settings);
  current.current = settings;

  useEffect(() => {
    if (!canvas.current) return;
    const painter = openEdgePainter(canvas.current);
    let painted: unknown;
    let request = requestAnimationFrame(function look() {
      request = requestAnimationFrame(look);
      const { current: player } = live.player;
      const picture = player?.element;
      const { threshold, peakingColour } = current.current;
      // Once for each frame, and for each change of the settings.
      const frame = player?.lastFrame;
      if (!picture || !frame || painted === `${frame.paintedAt} ${threshold} ${peakingColour}`) return;
      painted = `${frame.paintedAt} ${threshold} ${peakingColour}`;
      painter.paint(picture, { threshold, colour: rgbOf(peakingColour) });
    });
    return () => cancelAnimationFrame(request);
  }, [live.player]);

  return <canvas class="peaking" ref={canvas} />;
}
