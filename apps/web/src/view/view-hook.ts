import { useMemo, useState } from 'preact/hooks';
import { keepView, readView, type ViewSettings } from './view-settings.ts';

/** How a camera is watched, and how that is changed; kept for this camera in this browser. */
export interface View {
  readonly settings: ViewSettings;
  change(changed: Partial<ViewSettings>): void;
}

/** The view of the camera on the page. */
export function useView(camera: string): View {
  const [chosen, choose] = useState<{ readonly camera: string; readonly settings: ViewSettings }>();
  const kept = useMemo(() => readView(camera), [camera]);
  const settings = chosen?.camera === camera ? chosen.settings : kept;
  return {
    settings,
    change: (changed) => {
      const next = { ...settings, ...changed };
      choose({ camera, settings: next });
      keepView(camera, next);
    },
  };
}
