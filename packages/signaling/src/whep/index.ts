export type { AllowOrigin } from '../sdp-http/cors.ts';
export {
  createWhepHandler,
  type WhepEndpointContext,
  type WhepHandler,
  type WhepHandlerOptions,
  type WhepSessionContext,
} from './whep-handler.ts';
