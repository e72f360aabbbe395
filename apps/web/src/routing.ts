import { signal } from '@preact/signals';

/** What the address bar asks for. */
export type Route = { readonly page: 'grid' } | { readonly page: 'camera'; readonly id: string };

const parse = (): Route => {
  const id = /^#\/camera\/([^/]+)$/.exec(location.hash)?.[1];
  return id === undefined ? { page: 'grid' } : { page: 'camera', id: decoded(id) };
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

/** Goes to an address of this app. */
export const go = (href: string): void => {
  location.hash = href;
};
