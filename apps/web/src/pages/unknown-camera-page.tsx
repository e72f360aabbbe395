import { GRID_HREF } from '../routing.ts';

/** For an address that names a camera which is not on this token's list. */
export const UnknownCameraPage = ({ id }: { readonly id: string }) => (
  <main class="page">
    <section class="card" role="status">
      <h1>No camera “{id}”</h1>
      <p>There is none of that name, or your token does not open it.</p>
      <a class="button" href={GRID_HREF}>
        All cameras
      </a>
    </section>
  </main>
);
