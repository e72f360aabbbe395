import { useMemo, useRef, useState } from 'preact/hooks';
import { HelpDialog } from '../components/help-dialog.tsx';
import { Icon } from '../components/icon.tsx';
import { IconButton } from '../components/icon-button.tsx';
import { LiveView } from '../components/live-view.tsx';
import { StatsPanel } from '../components/stats-panel.tsx';
import { say } from '../components/toast.tsx';
import { useControls } from '../controls/controls-hook.ts';
import { ControlsPanel } from '../controls/controls-panel.tsx';
import { UnkeptBar } from '../controls/unkept-bar.tsx';
import { useKeys } from '../keyboard.ts';
import { useLivePlayer } from '../live-player-hook.ts';
import { keepOverlays, type OverlaySettings, readOverlays } from '../overlays/overlay-settings.ts';
import { OverlaysPanel } from '../overlays/overlays-panel.tsx';
import { PictureOverlays } from '../overlays/picture-overlays.tsx';
import { PastBar } from '../past/past-bar.tsx';
import { mayWatchPast, usePast } from '../past/past-hook.ts';
import { pastKeys } from '../past/past-keys.ts';
import { PastView } from '../past/past-view.tsx';
import { RecordingsPanel } from '../past/recordings-panel.tsx';
import { showPictureInPicture } from '../picture-in-picture.ts';
import { cameraHref, GRID_HREF, go } from '../routing.ts';
import type { CameraSummary } from '../session/api.ts';
import { saveSnapshot } from '../snapshot.ts';
import { usePageTitle } from '../view/page-title.ts';
import { ViewButton } from '../view/view-button.tsx';
import { useView } from '../view/view-hook.ts';
import { turnedOn } from '../view/view-settings.ts';

interface CameraPageProps {
  readonly camera: CameraSummary;
  readonly cameras: readonly CameraSummary[];
}

/** What is open beside the picture. */
type Side = 'controls' | 'overlays' | 'recordings' | 'statistics';

/** One camera, as large as the window allows. */
export function CameraPage({ camera, cameras }: CameraPageProps) {
  const view = useView(camera.id);
  const live = useLivePlayer(camera, view.settings.mode);
  const frame = useRef<HTMLDivElement>(null);
  const controls = useControls(camera.id, live);
  const past = usePast(camera, live);
  const [side, setSide] = useState<Side>();
  const [chosen, choose] = useState<{ readonly camera: string; readonly overlays: OverlaySettings }>();
  const kept = useMemo(() => readOverlays(camera.id), [camera.id]);
  const overlays = chosen?.camera === camera.id ? chosen.overlays : kept;
  const [helping, setHelping] = useState(false);
  const [choosing, setChoosing] = useState(false);
  usePageTitle(camera.label, live);

  const toggleFullScreen = (): void => {
    const done = document.fullscreenElement ? document.exitFullscreen() : frame.current?.requestFullscreen();
    done?.catch(() => say('This browser does not allow full screen here.'));
  };
  const snapshot = (): void => {
    const player = past.playback.player ?? live.player.current;
    const at = past.playback.positionMs.value;
    if (player)
      saveSnapshot(player, {
        label: camera.label,
        orientation: view.settings,
        ...(at !== undefined && { at }),
      }).then(say, refuse);
  };
  const pictureInPicture = (): void => {
    const { current } = past.playback.active.value ? past.container : live.container;
    if (current) showPictureInPicture(current, view.settings).catch(refuse);
  };
  const beside = (step: number): void => {
    const index = cameras.findIndex(({ id }) => id === camera.id);
    const next = cameras.at((index + step) % cameras.length);
    if (next) go(cameraHref(next.id));
  };
  const toggle = (wanted: Side) => (): void => setSide((open) => (open === wanted ? undefined : wanted));
  const mayControl = controls.state.value?.mayControl === true && controls.state.value.controls.length > 0;
  const hidden = (side === 'controls' && !mayControl) || (side === 'recordings' && !mayWatchPast(camera));
  const shown = hidden ? undefined : side;
  const changeOverlays = (changed: OverlaySettings): void => {
    choose({ camera: camera.id, overlays: changed });
    keepOverlays(camera.id, changed);
  };

  useKeys({
    f: toggleFullScreen,
    s: snapshot,
    p: pictureInPicture,
    i: toggle('statistics'),
    o: toggle('overlays'),
    m: () => setChoosing((open) => !open),
    t: () => view.change({ turn: turnedOn(view.settings.turn) }),
    // Pressed before the camera told of its controls, it opens them then.
    c: toggle('controls'),
    ...(mayControl && { k: () => controls.keep() }),
    '?': () => setHelping(true),
    escape: () => {
      if (choosing) setChoosing(false);
      else if (shown === undefined) go(GRID_HREF);
      else setSide(undefined);
    },
    arrowleft: () => beside(-1),
    arrowright: () => beside(1),
    v: toggle('recordings'),
    ...pastKeys(past),
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
        <div class="column">
          <div class="viewer" ref={frame}>
            <div class="pan" data-size={view.settings.size}>
              <LiveView label={camera.label} live={live} view={view.settings}>
                <PictureOverlays live={live} settings={overlays} />
                <PastView past={past} label={camera.label} />
              </LiveView>
            </div>
            <UnkeptBar controls={controls} />
            <div class="toolbar" role="toolbar" aria-label="Picture">
              <ViewButton live={live} view={view} jpeg={camera.jpeg} open={choosing} onToggle={setChoosing} />
              <IconButton icon="camera" label="Save a snapshot (S)" onPress={snapshot} />
              <IconButton icon="pictureInPicture" label="Picture in picture (P)" onPress={pictureInPicture} />
              <IconButton
                icon="chart"
                label="Delay and statistics (I)"
                onPress={toggle('statistics')}
                pressed={shown === 'statistics'}
              />
              {mayControl && (
                <IconButton
                  icon="sliders"
                  label="Camera controls (C)"
                  onPress={toggle('controls')}
                  pressed={shown === 'controls'}
                />
              )}
              <IconButton
                icon="overlay"
                label="Overlays (O)"
                onPress={toggle('overlays')}
                pressed={shown === 'overlays'}
              />
              <IconButton icon="expand" label="Full screen (F)" onPress={toggleFullScreen} />
              <IconButton icon="help" label="Keys (?)" onPress={() => setHelping(true)} />
            </div>
          </div>
          <PastBar past={past} listing={shown === 'recordings'} onList={toggle('recordings')} />
        </div>
        {shown === 'recordings' && <RecordingsPanel past={past} />}
        {shown === 'statistics' && <StatsPanel live={live} onCopied={() => say('Copied.')} />}
        {shown === 'controls' && <ControlsPanel camera={camera} controls={controls} />}
        {shown === 'overlays' && <OverlaysPanel settings={overlays} onChange={changeOverlays} />}
      </main>
      {helping && <HelpDialog onClose={() => setHelping(false)} />}
    </div>
  );
}

const refuse = (error: unknown): void => say(error instanceof Error ? error.message : String(error));
