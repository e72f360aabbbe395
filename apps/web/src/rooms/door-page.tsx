import { useState } from 'preact/hooks';
import { Icon } from '../components/icon.tsx';
import { useKeys } from '../keyboard.ts';
import { GRID_HREF, go, PUBLISH_HREF, roomHref } from '../routing.ts';
import { recentRooms } from './remembered.ts';

/** The name that most programs use. */
export const USUAL_ROOM = 'cctv';
/** Of the name of a room or camera. */
export const MAX_NAME_CHARS = 64;

/** Where a room is chosen, or made by coming first. */
export function DoorPage({ names }: { readonly names: readonly string[] }) {
  const recent = recentRooms().filter((room) => names.length === 0 || names.includes(room));
  const [room, setRoom] = useState(recent[0] ?? names[0] ?? USUAL_ROOM);
  const others = (names.length > 0 ? names : recent).filter((other) => other !== room);
  useKeys({ escape: () => go(GRID_HREF) });

  const enter = (event: SubmitEvent): void => {
    event.preventDefault();
    if (room.trim() !== '') go(roomHref(room.trim()));
  };

  return (
    <div class="page">
      <header class="bar">
        <a class="icon-button" href={GRID_HREF} title="All cameras (Esc)" aria-label="All cameras">
          <Icon name="back" />
        </a>
        <h1>Rooms</h1>
      </header>
      <main class="door">
        <section class="card">
          <h1>Enter a room</h1>
          <p>
            In a room, cameras and viewers of any program find each other.{' '}
            {names.length === 0 && 'A room is made when the first one enters, and gone with the last.'}
          </p>
          <form onSubmit={enter}>
            <label>
              Room
              <input
                name="room"
                value={room}
                onInput={(event) => setRoom(event.currentTarget.value)}
                required
                maxLength={MAX_NAME_CHARS}
                autocomplete="off"
                spellcheck={false}
              />
            </label>
            <button type="submit" class="button">
              Enter
            </button>
          </form>
          {others.length > 0 && (
            <nav
              class="room-names"
              aria-label={names.length > 0 ? 'Rooms of this server' : 'Rooms of before'}
            >
              {others.map((other) => (
                <a key={other} href={roomHref(other)}>
                  <bdi>{other}</bdi>
                </a>
              ))}
            </nav>
          )}
        </section>
        <a class="aside-link" href={PUBLISH_HREF}>
          <Icon name="publish" />
          Make a camera of this device
        </a>
      </main>
    </div>
  );
}
