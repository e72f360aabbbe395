import { useRef, useState } from 'preact/hooks';
import { HelpDialog } from '../components/help-dialog.tsx';
import { Icon } from '../components/icon.tsx';
import { IconButton } from '../components/icon-button.tsx';
import { LiveView } from '../components/live-view.tsx';
import { StatsPanel } from '../components/stats-panel.tsx';
import { say } from '../components/toast.tsx';
import { useKeys } from '../keyboard.ts';
import { useLivePlayer } from '../live-player-hook.ts';
import { showPictureInPicture } from '../picture-in-picture.ts';
import { cameraHref, GRID_HREF, go } from '../routing.ts';
import type { CameraSummary } from '../session/api.ts';
import { saveSnapshot } from '../snapshot.ts';

interface CameraPageProps {
  readonly camera: CameraSummary;
  readonly cameras: readonly CameraSummary[];
}

/** One camera, as large as the window allows. */
export function CameraPage({ camera, cameras }: CameraPageProps) {
  const live = useLivePlayer(camera);
  const frame = useRef<HTMLDivElement>(null);
  const [explaining, setExplaining] = useState(false);
  const [helping, setHelping] = useState(false);

  const toggleFullScreen = (): void => {
    const done = document.fullscreenElement ? document.exitFullscreen() : frame.current?.requestFullscreen();
    done?.catch(() => say('This browser does not allow full screen here.'));
  };
  const snapshot = (): void => {
    if (live.player.current) saveSnapshot(live.player.current, camera.label).then(say, refuse);
  };
  const pictureInPicture = (): void => {
    if (live.container.current) showPictureInPicture(live.container.current).catch(refuse);
  };
  const beside = (step: number): void => {
    const index = cameras.findIndex(({ id }) => id === camera.id);
    const next = cameras.at((index + step) % cameras.length);
    if (next) go(cameraHref(next.id));
  };
  const toggleStats = (): void => setExplaining((shown) => !shown);

  useKeys({
    f: toggleFullScreen,
    s: snapshot,
    p: pictureInPicture,
    i: toggleStats,
    '?': () => setHelping(true),
    escape: () => go(GRID_HREF),
    arrowleft: () => beside(-1),
    arrowright: () => beside(1),
  });

  return (
    <div class="page">
      <header class="bar">
        <a class="icon-button" href={GRID_HREF} title="All cameras (Esc)" aria-label="All cameras">
          <Icon name="back" />
        </a>
        <h1>{camera.label}</h1>
      </header>
      <main class="stage">
        <div class="viewer" ref={frame}>
          <LiveView label={camera.label} live={live} />
          <div class="toolbar" role="toolbar" aria-label="Picture">
            <IconButton icon="camera" label="Save a snapshot (S)" onPress={snapshot} />
            <IconButton icon="pictureInPicture" label="Picture in picture (P)" onPress={pictureInPicture} />
            <IconButton
              icon="chart"
              label="Delay and statistics (I)"
              onPress={toggleStats}
              pressed={explaining}
            />
            <IconButton icon="expand" label="Full screen (F)" onPress={toggleFullScreen} />
            <IconButton icon="help" label="Keys (?)" onPress={() => setHelping(true)} />
          </div>
        </div>
        {explaining && <StatsPanel live={live} onCopied={() => say('Copied.')} />}
      </main>
      {helping && <HelpDialog onClose={() => setHelping(false)} />}
    </div>
  );
}

const refuse = (error: unknown): void => say(error instanceof Error ? error.message : String(error));
