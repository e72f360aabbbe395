import { GRID_HREF } from '../routing.ts';

/** What to write into the configuration of a server that has no rooms. */
export const RoomsOff = () => (
  <main class="page">
    <section class="card" role="status">
      <h1>This server has no rooms</h1>
      <p>
        In a room, cameras and viewers of any program find each other: phones, ESP32 boards, other pages. They
        are off until the configuration turns them on:
      </p>
      <pre>
        <code>{'rooms:\n  mode: strict'}</code>
      </pre>
      <p>
        With <code>strict</code> everybody needs a token; with <code>compatible</code> programs that know no
        tokens may come too, and whoever reaches the server. Then start it again.
      </p>
      <a class="button" href={GRID_HREF}>
        All cameras
      </a>
    </section>
  </main>
);
