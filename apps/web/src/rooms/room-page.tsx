import { useEffect, useState } from 'preact/hooks';
import { HelpDialog, type KeyList } from '../components/help-dialog.tsx';
import { Icon } from '../components/icon.tsx';
import { IconButton } from '../components/icon-button.tsx';
import { say } from '../components/toast.tsx';
import { useKeys } from '../keyboard.ts';
import { go, ROOMS_HREF } from '../routing.ts';
import { toggleTheme } from '../theme.ts';
import { CameraList } from './camera-list.tsx';
import { HappeningsLog } from './happenings-log.tsx';
import { LinkFault, LinkPill } from './link-pill.tsx';
import { rememberRoom } from './remembered.ts';
import { RoomSession } from './room-session.ts';
import { RoomTile } from './room-tile.tsx';

const KEYS: KeyList = [
  ['1 … 9', 'Watch a camera, or stop'],
  ['A', 'Watch all'],
  ['X', 'Stop all'],
  ['I', 'Figures on the pictures'],
  ['R', 'Ask which cameras there are'],
  ['Esc', 'Leave the room'],
  ['?', 'This help'],
];

/** The inside of a room: who is there, and the pictures of as many cameras as one likes. */
export function RoomPage({ room }: { readonly room: string }) {
  const [session, setSession] = useState<RoomSession>();
  useEffect(() => {
    const opened = new RoomSession(room);
    setSession(opened);
    return () => opened.close();
  }, [room]);
  return session === undefined ? <div class="page" /> : <Inside session={session} />;
}

function Inside({ session }: { readonly session: RoomSession }) {
  const [helping, setHelping] = useState(false);
  const [figures, setFigures] = useState(false);
  const link = session.link.value;
  const cameras = session.cameras.value;
  const views = session.views.value;
  const joined = link.kind === 'joined';
  // Names of which nothing came are not worth remembering.
  useEffect(() => {
    if (joined) rememberRoom(session.room);
  }, [joined, session]);

  const toggle = (cameraId: string): void =>
    session.viewOf(cameraId) ? session.stop(cameraId) : session.watch(cameraId);
  const refresh = (): void => void session.refresh().then(say);
  const stopAll = (): void => {
    for (const { cameraId } of views) session.stop(cameraId);
  };
  const numbers = Object.fromEntries(
    cameras.slice(0, 9).map(({ cameraId }, index) => [String(index + 1), () => toggle(cameraId)]),
  );
  useKeys({
    ...numbers,
    a: () => session.watchAll(),
    x: stopAll,
    i: () => setFigures((shown) => !shown),
    r: refresh,
    escape: () => go(ROOMS_HREF),
    '?': () => setHelping(true),
  });
  const open = views.filter(({ state }) => state.value.kind === 'live').length;

  return (
    <div class="page">
      <header class="bar room-bar">
        <a class="icon-button" href={ROOMS_HREF} title="Leave the room (Esc)" aria-label="Leave the room">
          <Icon name="back" />
        </a>
        <h1>
          <bdi>{session.room}</bdi>
        </h1>
        <LinkPill link={link} />
        <span class="spacer" />
        <dl class="counters">
          <Counter name="Others" count={session.members.value} />
          <Counter name="Cameras" count={cameras.length} />
          <Counter name="Streams" count={open} />
        </dl>
        <IconButton
          icon="chart"
          label="Figures on the pictures (I)"
          onPress={() => setFigures(!figures)}
          pressed={figures}
        />
        <IconButton icon="help" label="Keys (?)" onPress={() => setHelping(true)} />
        <IconButton icon="theme" label="Dark or light" onPress={toggleTheme} />
      </header>
      <main class="room">
        <section class="room-pictures" aria-label="Pictures">
          <LinkFault link={link} />
          {views.length === 0 ? (
            <Nothing cameras={cameras.length} joined={joined} />
          ) : (
            <div class="room-grid" data-count={Math.min(views.length, 4)}>
              {views.map((view) => (
                <RoomTile
                  key={view.cameraId}
                  view={view}
                  label={cameras.find(({ cameraId }) => cameraId === view.cameraId)?.name ?? view.cameraId}
                  figures={figures}
                  onStop={() => session.stop(view.cameraId)}
                  onAgain={() => session.watch(view.cameraId)}
                />
              ))}
            </div>
          )}
        </section>
        <aside class="room-side">
          <CameraList session={session} onToggle={toggle} onRefresh={refresh} />
          <section class="panel">
            <h2>What happened</h2>
            <HappeningsLog happenings={session.happenings} />
          </section>
        </aside>
      </main>
      {helping && <HelpDialog keys={KEYS} onClose={() => setHelping(false)} />}
    </div>
  );
}

const Counter = ({ name, count }: { readonly name: string; readonly count: number }) => (
  <div>
    <dt>{name}</dt>
    <dd data-counter={name.toLowerCase()}>{count}</dd>
  </div>
);

const Nothing = ({ cameras, joined }: { readonly cameras: number; readonly joined: boolean }) => (
  <div class="room-empty">
    <Icon name="rooms" />
    {!joined ? (
      <p>Pictures show here.</p>
    ) : cameras === 0 ? (
      <p>
        No camera is in this room yet. One that enters shows up by itself:{' '}
        <a href="#/publish" target="_blank" rel="noreferrer">
          this device
        </a>
        , a phone that opens this page, or any program that knows these rooms.
      </p>
    ) : (
      <p>Choose a camera to watch, or press A for all of them.</p>
    )}
  </div>
);
