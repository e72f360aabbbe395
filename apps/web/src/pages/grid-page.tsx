import type { ComponentChildren } from 'preact';
import { useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import { HelpDialog } from '../components/help-dialog.tsx';
import { IconButton } from '../components/icon-button.tsx';
import { LiveView } from '../components/live-view.tsx';
import { NavLink } from '../components/nav-link.tsx';
import { type GridLayout, layOutGrid } from '../grid-layout.ts';
import { useKeys } from '../keyboard.ts';
import { useLivePlayer } from '../live-player-hook.ts';
import { cameraHref, go, PUBLISH_HREF, ROOMS_HREF } from '../routing.ts';
import type { CameraSummary } from '../session/api.ts';
import { roomsOfServer } from '../session/rooms-of-server.ts';
import { signOut, token } from '../session/token.ts';
import { toggleTheme } from '../theme.ts';
import { readView } from '../view/view-settings.ts';

/** All cameras at once. */
export function GridPage({ cameras }: { readonly cameras: readonly CameraSummary[] }) {
  const [helping, setHelping] = useState(false);
  const numbers = Object.fromEntries(
    cameras.slice(0, 9).map(({ id }, index) => [String(index + 1), () => go(cameraHref(id))]),
  );
  useKeys({ ...numbers, '?': () => setHelping(true) });

  return (
    <Frame onHelp={() => setHelping(true)}>
      {cameras.length === 0 ? (
        <section class="card">
          <h1>No camera to show</h1>
          <p>
            This token opens no camera. Ask for another link, or add one:{' '}
            <code>pinhole --camera door=rtsp://…</code>
          </p>
        </section>
      ) : (
        <Grid cameras={cameras} />
      )}
      {helping && <HelpDialog onClose={() => setHelping(false)} />}
    </Frame>
  );
}

function Grid({ cameras }: { readonly cameras: readonly CameraSummary[] }) {
  const place = useRef<HTMLElement>(null);
  const [layout, setLayout] = useState<GridLayout>();

  useLayoutEffect(() => {
    const lay = (): void => {
      const top = place.current?.offsetTop ?? 0;
      const { clientWidth, clientHeight } = document.documentElement;
      const room = {
        widthPixels: clientWidth - 2 * MARGIN_PIXELS,
        heightPixels: clientHeight - top - MARGIN_PIXELS,
      };
      setLayout(layOutGrid(cameras.length, { ...room, gapPixels: GAP_PIXELS }));
    };
    lay();
    addEventListener('resize', lay);
    return () => removeEventListener('resize', lay);
  }, [cameras.length]);

  const style = layout && {
    '--columns': layout.columns,
    '--grid-width': `${layout.widthPixels + 2 * MARGIN_PIXELS}px`,
  };
  return (
    <main class="grid" ref={place} style={style}>
      {cameras.map((camera) => (
        <Tile key={camera.id} camera={camera} />
      ))}
    </main>
  );
}

const MARGIN_PIXELS = 16;
const GAP_PIXELS = 12;

function Tile({ camera }: { readonly camera: CameraSummary }) {
  const view = useMemo(() => readView(camera.id), [camera.id]);
  return (
    <a class="tile" href={cameraHref(camera.id)} aria-label={`Open ${camera.label}`}>
      <LiveView label={camera.label} live={useLivePlayer(camera, view.mode)} view={view} />
    </a>
  );
}

const Frame = ({
  onHelp,
  children,
}: {
  readonly onHelp: () => void;
  readonly children: ComponentChildren;
}) => (
  <div class="page">
    <header class="bar">
      <h1>
        <img src="/pinhole.svg" alt="" />
        Pinhole
      </h1>
      <span class="spacer" />
      {(roomsOfServer.value?.mode ?? 'off') !== 'off' && (
        <nav class="nav" aria-label="More">
          <NavLink icon="rooms" href={ROOMS_HREF} label="Rooms" />
          <NavLink icon="publish" href={PUBLISH_HREF} label="Be a camera" />
        </nav>
      )}
      <IconButton icon="help" label="Keys (?)" onPress={onHelp} />
      <IconButton icon="theme" label="Dark or light" onPress={toggleTheme} />
      {token.value !== undefined && (
        <IconButton icon="leave" label="Sign out of this browser" onPress={signOut} />
      )}
    </header>
    {children}
  </div>
);
