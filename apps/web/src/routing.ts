import { signal } from '@preact/signals';

/** What the address bar asks for. */
export type Route =
  | { readonly page: 'grid' }
  | { readonly page: 'camera'; readonly id: string }
  /** Without a name: which room is still to be chosen. */
  | { readonly page: 'rooms'; readonly room?: string }
  | { readonly page: 'publish' };

const parse = (): Route => {
  const [, page = '', name = ''] = /^#\/(\w+)(?:\/([^/]*))?$/.exec(location.hash) ?? [];
  if (page === 'camera' && name !== '') return { page, id: decoded(name) };
  if (page === 'rooms') return name === '' ? { page } : { page, room: decoded(name) };
  if (page === 'publish') return { page };
  return { page: 'grid' };
};

/** What nobody encoded is taken as it stands. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** The page to show; follows the address bar. */
export const route = signal<Route>(parse());

addEventListener('hashchange', () => {
  route.value = parse();
});

/** The address of the page that shows all cameras. */
export const GRID_HREF = '#/';

/** The address of one camera's page. */
export const cameraHref = (id: string): string => `#/camera/${encodeURIComponent(id)}`;

/** The address of the page where a room is chosen. */
export const ROOMS_HREF = '#/rooms';

/** The address of a room's page. */
export const roomHref = (room: string): string => `#/rooms/${encodeURIComponent(room)}`;

/** The address of the page that makes a camera of this device. */
export const PUBLISH_HREF = '#/publish';

/** Goes to an address of this app. */
export const go = (href: string): void => {
  location.hash = href;
};
