import type { HttpBindings } from '@hono/node-server';
import type { Access } from '../auth/access.ts';

/** What every request handler finds beside the request. */
export interface ServerEnv {
  readonly Bindings: HttpBindings;
  readonly Variables: {
    /** Where the request comes from; see `clientAddress`. */
    address: string;
    /** Who asks; set on every route but static files and health. */
    access: Access;
  };
}
