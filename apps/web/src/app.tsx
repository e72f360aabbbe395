import { useEffect } from 'preact/hooks';
import { Toast } from './components/toast.tsx';
import { CameraPage } from './pages/camera-page.tsx';
import { GridPage } from './pages/grid-page.tsx';
import { LoginPage } from './pages/login-page.tsx';
import { UnknownCameraPage } from './pages/unknown-camera-page.tsx';
import { WaitingPage } from './pages/waiting-page.tsx';
import { route } from './routing.ts';
import { cameraList, followCameras } from './session/cameras.ts';

/** The page for where the address bar points and what the server lets us see. */
export function App() {
  useEffect(followCameras, []);
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
      return <WaitingPage reason={list.reason} />;
    case 'known': {
      const wanted = route.value;
      if (wanted.page === 'grid') return <GridPage cameras={list.cameras} />;
      const camera = list.cameras.find(({ id }) => id === wanted.id);
      return camera ? (
        <CameraPage camera={camera} cameras={list.cameras} />
      ) : (
        <UnknownCameraPage id={wanted.id} />
      );
    }
  }
}
