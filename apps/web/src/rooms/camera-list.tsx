import type { RoomCamera, RoomSession } from './room-session.ts';

/** The cameras of the room, each with a button that shows its picture or ends it. */
export const CameraList = ({
  session,
  onToggle,
  onRefresh,
}: {
  readonly session: RoomSession;
  readonly onToggle: (cameraId: string) => void;
  readonly onRefresh: () => void;
}) => {
  const cameras = session.cameras.value;
  const views = session.views.value;
  const joined = session.link.value.kind === 'joined';
  const unseen = cameras.some(({ cameraId }) => session.viewOf(cameraId) === undefined);
  return (
    <section class="panel" aria-label="Cameras">
      <h2>Cameras</h2>
      {cameras.length === 0 ? (
        <p class="quiet">{joined ? 'None is here now.' : 'Not known without a connection.'}</p>
      ) : (
        <ul class="room-cameras">
          {cameras.map((camera) => (
            <Row
              key={camera.cameraId}
              camera={camera}
              watched={views.some(({ cameraId }) => cameraId === camera.cameraId)}
              onToggle={() => onToggle(camera.cameraId)}
            />
          ))}
        </ul>
      )}
      <div class="room-actions">
        <button
          type="button"
          class="quiet-button"
          onClick={() => session.watchAll()}
          disabled={!joined || !unseen}
        >
          Watch all
        </button>
        <button type="button" class="quiet-button" onClick={onRefresh} disabled={!joined}>
          Refresh
        </button>
      </div>
    </section>
  );
};

const Row = ({
  camera,
  watched,
  onToggle,
}: {
  readonly camera: RoomCamera;
  readonly watched: boolean;
  readonly onToggle: () => void;
}) => {
  const { cameraId, name = cameraId } = camera;
  return (
    <li data-camera={cameraId}>
      <div>
        <bdi>{name}</bdi>
        <small>{inWords(camera)}</small>
      </div>
      <button
        type="button"
        class="quiet-button"
        onClick={onToggle}
        aria-label={`${watched ? 'Stop watching' : 'Watch'} ${name}`}
      >
        {watched ? 'Stop' : 'Watch'}
      </button>
    </li>
  );
};

function inWords({ cameraId, name, streaming, viewers, capabilities }: RoomCamera): string {
  const { width, height, fps, transports } = capabilities ?? {};
  const words = [
    name !== undefined && name !== cameraId && cameraId,
    streaming === false && 'stopped',
    viewers !== undefined && (viewers === 1 ? '1 viewer' : `${viewers} viewers`),
    width !== undefined && height !== undefined && `${width} × ${height}`,
    fps !== undefined && `${fps} a second`,
    transports !== undefined && transports.length > 0 && !transports.includes('webrtc') && 'JPEG',
  ];
  return words.filter((word): word is string => typeof word === 'string').join(' · ');
}
