import { useState } from 'preact/hooks';
import { MAX_NAME_CHARS, USUAL_ROOM } from '../rooms/door-page.tsx';
import { recentRooms, remember, remembered, rememberRoom } from '../rooms/remembered.ts';
import type { PublicationOptions } from './publication.ts';

/** A name that another device will hardly have. */
const newCameraId = (): string => `camera-${Math.random().toString(36).slice(2, 6)}`;

/** Which room, and as which camera. */
export function EntryForm({
  names,
  stream,
  onEnter,
}: {
  readonly names: readonly string[];
  readonly stream: MediaStream | undefined;
  readonly onEnter: (options: PublicationOptions) => void;
}) {
  const [room, setRoom] = useState(() => recentRooms()[0] ?? names[0] ?? USUAL_ROOM);
  const [cameraId, setCameraId] = useState(() => remembered('camera', newCameraId()));
  const enter = (event: SubmitEvent): void => {
    event.preventDefault();
    const options = { room: room.trim(), cameraId: cameraId.trim() };
    if (stream === undefined || options.room === '' || options.cameraId === '') return;
    rememberRoom(options.room);
    remember('camera', options.cameraId);
    onEnter({ ...options, stream });
  };
  return (
    <section class="panel">
      <h2>Enter a room</h2>
      <form class="entry" onSubmit={enter}>
        <label class="choice">
          <span>Room</span>
          <input
            name="room"
            value={room}
            onInput={(event) => setRoom(event.currentTarget.value)}
            required
            maxLength={MAX_NAME_CHARS}
            autocomplete="off"
            spellcheck={false}
            list="rooms-known"
          />
        </label>
        <datalist id="rooms-known">
          {(names.length > 0 ? names : recentRooms()).map((name) => (
            <option key={name} value={name} />
          ))}
        </datalist>
        <label class="choice">
          <span>
            Camera id <small>how others see it in the list</small>
          </span>
          <input
            name="camera"
            value={cameraId}
            onInput={(event) => setCameraId(event.currentTarget.value)}
            required
            maxLength={MAX_NAME_CHARS}
            autocomplete="off"
            spellcheck={false}
          />
        </label>
        <button type="submit" class="button" disabled={stream === undefined}>
          Go on air
        </button>
        {stream === undefined && <p class="quiet">Open the camera first.</p>}
      </form>
    </section>
  );
}
