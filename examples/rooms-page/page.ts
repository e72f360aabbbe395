/** Both roles of signaling rooms on one page. Whatever others are called, it is shown as text and never as HTML. */
import { CameraClient, type RoomClientOptions, ViewerClient } from '@pinhole/client/rooms';

const find = <Found extends Element>(selector: string): Found => {
  const found = document.querySelector<Found>(selector);
  if (found === null) throw new Error(`the page has no ${selector}`);
  return found;
};
const field = (name: string): HTMLInputElement => find(`input[name=${name}]`);
const button = (section: string, name: string): HTMLButtonElement => find(`#${section} button[name=${name}]`);

function log(line: string): void {
  const item = document.createElement('li');
  item.textContent = line;
  const list = find<HTMLOListElement>('#log');
  list.prepend(item);
  while (list.children.length > 100) list.lastElementChild?.remove();
}

const { hostname, protocol, search } = location;
// Pinhole's own port on the machine that this page came from, unless ?server= says another.
field('url').value =
  new URLSearchParams(search).get('server') ?? `${protocol === 'https:' ? 'wss' : 'ws'}://${hostname}:8080/`;

const options = (): RoomClientOptions => ({
  serverUrl: field('url').value,
  room: field('room').value,
  ...(field('token').value !== '' && { token: field('token').value }),
});

// ---- the camera

let camera: CameraClient | undefined;
const cameraSays = find<HTMLElement>('#camera [role=status]');

find<HTMLFormElement>('#camera form').addEventListener('submit', (event) => {
  event.preventDefault();
  void register();
});
button('camera', 'stream').addEventListener('click', () => {
  void (camera?.isStreaming ? camera.stopStreaming() : camera?.startStreaming());
});
button('camera', 'close').addEventListener('click', () => void camera?.close());

async function register(): Promise<void> {
  await camera?.close();
  const audio = find<HTMLInputElement>('input[name=audio]').checked;
  const client = new CameraClient({
    ...options(),
    cameraId: field('id').value,
    mediaConstraints: { video: { width: { ideal: 1280 } }, audio },
  });
  camera = client;
  const tell = (): void => {
    const state = client.isStreaming ? 'streaming' : 'stopped';
    cameraSays.textContent = `Camera ${client.cameraId}: ${state}, viewers: ${client.viewerCount}.`;
    button('camera', 'stream').textContent = client.isStreaming ? 'Stop streaming' : 'Start streaming';
  };
  for (const name of ['streamingStarted', 'streamingStopped', 'viewers', 'registered'] as const)
    client.on(name, tell);
  client.on('reconnecting', ({ delayMs }) => {
    cameraSays.textContent = `The connection is lost; next try in ${(delayMs / 1000).toFixed(1)} s.`;
  });
  client.on('error', ({ code, message }) => log(`camera: ${code}: ${message}`));
  client.on('closed', () => {
    cameraSays.textContent = 'Not registered.';
    find<HTMLVideoElement>('#camera video').srcObject = null;
    for (const name of ['stream', 'close']) button('camera', name).disabled = true;
  });
  try {
    await client.register();
    await client.startStreaming();
    find<HTMLVideoElement>('#camera video').srcObject = client.localStream;
    for (const name of ['stream', 'close']) button('camera', name).disabled = false;
  } catch (error) {
    log(`camera: ${String(error)}`);
    await client.close();
  }
}

// ---- the viewer

let viewer: ViewerClient | undefined;
const viewerSays = find<HTMLElement>('#viewer [role=status]');
const pictures = new Map<string, HTMLElement>();

find<HTMLFormElement>('#viewer form').addEventListener('submit', (event) => {
  event.preventDefault();
  void join();
});
button('viewer', 'refresh').addEventListener('click', () => {
  viewer?.getAvailableCameras().catch((error: unknown) => log(`viewer: ${String(error)}`));
});
button('viewer', 'leave').addEventListener('click', () => void viewer?.close());

async function join(): Promise<void> {
  await viewer?.close();
  const client = new ViewerClient(options());
  viewer = client;
  const list = (): void => showCameras(client);
  for (const name of ['roomJoined', 'cameraAvailable', 'cameraUnavailable', 'availableCamerasList'] as const)
    client.on(name, list);
  client.on('streamReceived', (stream, cameraId) => {
    log(`viewer: pictures of ${cameraId}`);
    showPicture(client, cameraId, stream);
  });
  client.on('streamLost', (_, { message }) => log(`viewer: ${message}; asked for again`));
  client.on('viewingStopped', (cameraId) => removePicture(cameraId));
  client.on('error', ({ code, message }) => log(`viewer: ${code}: ${message}`));
  client.on('reconnecting', ({ delayMs }) => {
    viewerSays.textContent = `The connection is lost; next try in ${(delayMs / 1000).toFixed(1)} s.`;
  });
  client.on('closed', () => {
    viewerSays.textContent = 'Not in a room.';
    find('#viewer ul').replaceChildren();
    for (const name of ['refresh', 'leave']) button('viewer', name).disabled = true;
  });
  try {
    await client.connect();
    await client.joinRoom(field('room').value);
    for (const name of ['refresh', 'leave']) button('viewer', name).disabled = false;
  } catch (error) {
    log(`viewer: ${String(error)}`);
    await client.close();
  }
}

function showCameras(client: ViewerClient): void {
  const cameras = [...client.availableCameras.keys()];
  viewerSays.textContent = `In room ${client.currentRoom}; cameras: ${cameras.length}.`;
  const shown = [...find('#viewer ul').children].map((item) => (item as HTMLElement).dataset['camera']);
  // A button that is replaced while it is pressed does nothing.
  if (JSON.stringify(shown) === JSON.stringify(cameras)) return;
  find('#viewer ul').replaceChildren(
    ...cameras.map((cameraId) => {
      const item = document.createElement('li');
      item.dataset['camera'] = cameraId;
      const view = document.createElement('button');
      view.textContent = 'View';
      view.addEventListener('click', () => {
        client.requestStream(cameraId).catch((error: unknown) => log(`viewer: ${String(error)}`));
      });
      item.append(`${cameraId} `, view);
      return item;
    }),
  );
}

function showPicture(client: ViewerClient, cameraId: string, stream: MediaStream): void {
  removePicture(cameraId);
  const figure = document.createElement('figure');
  figure.dataset['camera'] = cameraId;
  const video = document.createElement('video');
  Object.assign(video, { muted: true, autoplay: true, playsInline: true, srcObject: stream });
  const stop = document.createElement('button');
  stop.textContent = 'Stop';
  stop.addEventListener('click', () => client.stopViewing(cameraId));
  const caption = document.createElement('figcaption');
  caption.append(`${cameraId} `, stop);
  figure.append(video, caption);
  pictures.set(cameraId, figure);
  find('#viewer .pictures').append(figure);
}

function removePicture(cameraId: string): void {
  pictures.get(cameraId)?.remove();
  pictures.delete(cameraId);
}
