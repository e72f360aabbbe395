import { WaitingPage } from '../pages/waiting-page.tsx';
import { RoomsOff } from '../rooms/rooms-off.tsx';
import { roomsOfServer } from '../session/rooms-of-server.ts';
import { CameraDesk } from './camera-desk.tsx';
import '../rooms/rooms.css';
import './publish.css';

/** Makes a camera of a room of this device. */
export function PublishPage() {
  const rooms = roomsOfServer.value;
  if (rooms === undefined) return <WaitingPage />;
  return rooms.mode === 'off' ? <RoomsOff /> : <CameraDesk names={rooms.names} />;
}
