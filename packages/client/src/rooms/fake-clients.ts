import { type FakeWeb, settled } from './fake-web.ts';
import type { RoomClientOptions } from './room-options.ts';
import type { RoomsError } from './rooms-error.ts';
import { WebRTCCCTVClient } from './webrtc-cctv-client.ts';

/** A client that is not connected yet. */
export const client = (web: FakeWeb, options: RoomClientOptions = {}): WebRTCCCTVClient =>
  new WebRTCCCTVClient({ ...web.options, ...options });

/** One that the server welcomed. */
export async function connected(web: FakeWeb, options: RoomClientOptions = {}): Promise<WebRTCCCTVClient> {
  const made = client(web, options);
  const connecting = made.connect();
  web.socket.welcome();
  await connecting;
  return made;
}

/** One that is in the room "cctv". */
export async function member(web: FakeWeb, options: RoomClientOptions = {}): Promise<WebRTCCCTVClient> {
  const made = await connected(web, options);
  const joining = made.joinRoom('cctv');
  await settled();
  web.socket.say({ type: 'joined', room: 'cctv' });
  await joining;
  return made;
}

/** How a promise ended: `code` of a refusal. */
export const outcome = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'resolved',
    (error: RoomsError) => error.roomCode ?? error.code,
  );
