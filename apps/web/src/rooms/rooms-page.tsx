import { WaitingPage } from '../pages/waiting-page.tsx';
import { roomsOfServer } from '../session/rooms-of-server.ts';
import { DoorPage } from './door-page.tsx';
import { RoomPage } from './room-page.tsx';
import { RoomsOff } from './rooms-off.tsx';
import './rooms.css';

/** The rooms of this server: where one is chosen, or the inside of one. */
export function RoomsPage({ room }: { readonly room?: string | undefined }) {
  const rooms = roomsOfServer.value;
  if (rooms === undefined) return <WaitingPage />;
  if (rooms.mode === 'off') return <RoomsOff />;
  return room === undefined ? <DoorPage names={rooms.names} /> : <RoomPage key={room} room={room} />;
}
