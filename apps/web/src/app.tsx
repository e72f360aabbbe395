import { useEffect } from 'preact/hooks';
import { Toast } from './components/toast.tsx';
import { CameraPage } from './pages/camera-page.tsx';
import { GridPage } from './pages/grid-page.tsx';
import { lazyPage } from './pages/lazy-page.tsx';
import { LoginPage } from './pages/login-page.tsx';
import { UnknownCameraPage } from './pages/unknown-camera-page.tsx';
import { WaitingPage } from './pages/waiting-page.tsx';
import { route } from './routing.ts';
import { cameraList, followCameras } from './session/cameras.ts';
import { followRooms, roomsOfServer } from './session/rooms-of-server.ts';

const RoomsPage = lazyPage(async () => (await import('./rooms/rooms-page.tsx')).RoomsPage);
const PublishPage = lazyPage(async () => (await import('./publish/publish-page.tsx')).PublishPage);

/** The page for where the address bar points and what the server lets us see. */
export function App() {
  useEffect(followCameras, []);
  useEffect(followRooms, []);
  return (
    <>
      <Page />
      <Toast />
    </>
  );
}

function Page() {
  const list = cameraList.value;
  switch (list.kind) {
    case 'refused':
      return <LoginPage refused={list.reason} />;
    case 'asking':
      return <WaitingPage />;
    case 'unreachable':
      // What a room shows does not pass the server, and goes on without it.
      return (roomsOfServer.value && pageOfRooms()) ?? <WaitingPage reason={list.reason} />;
    case 'known': {
      const wanted = route.value;
      if (wanted.page === 'grid') return <GridPage cameras={list.cameras} />;
      if (wanted.page !== 'camera') return pageOfRooms();
      const camera = list.cameras.find(({ id }) => id === wanted.id);
      return camera ? (
        <CameraPage camera={camera} cameras={list.cameras} />
      ) : (
        <UnknownCameraPage id={wanted.id} />
      );
    }
  }
}

function pageOfRooms() {
  const wanted = route.value;
  if (wanted.page === 'rooms') return <RoomsPage room={wanted.room} />;
  return wanted.page === 'publish' ? <PublishPage /> : undefined;
}
