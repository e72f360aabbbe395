import { useEffect } from 'preact/hooks';
import { Toast } from './components/toast.tsx';
import { CameraPage } from './pages/camera-page.tsx';
import { GridPage } from './pages/grid-page.tsx';
import { LoginPage } from './pages/login-page.tsx';
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
      const camera = wanted.page === 'camera' ? list.cameras.find(({ id }) => id === wanted.id) : undefined;
      return camera ? (
        <CameraPage camera={camera} cameras={list.cameras} />
      ) : (
        <GridPage cameras={list.cameras} />
      );
    }
  }
}
