import type { JanusCredentials } from '@pinhole/protocol/janus';
import type { JanusOptions } from './janus-options.ts';

/** What every request carries. */
export const credentialsOf = ({ secret, token }: JanusOptions): JanusCredentials => ({
  ...(secret !== undefined && { apisecret: secret }),
  ...(token !== undefined && { token }),
});
