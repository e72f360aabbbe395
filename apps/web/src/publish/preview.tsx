import { useEffect, useRef } from 'preact/hooks';
import { Icon } from '../components/icon.tsx';
import { IconButton } from '../components/icon-button.tsx';
import { type DeviceCamera, SILENT } from './device-camera.ts';
import type { Publication } from './publication.ts';

/** What the camera sees, and what becomes of it. */
export function Preview({
  device,
  publication,
}: {
  readonly device: DeviceCamera;
  readonly publication: Publication | undefined;
}) {
  const video = useRef<HTMLVideoElement>(null);
  const stream = device.stream.value;
  const fault = device.fault.value;
  const gone = device.gone.value;
  useEffect(() => {
    if (video.current) video.current.srcObject = stream ?? null;
  }, [stream]);

  return (
    <div class="live-view preview" data-stale={gone} data-mirrored={device.facesUser.value}>
      <div class="picture">
        <video ref={video} muted autoplay playsInline aria-label="What this camera sees" />
      </div>
      {(stream === undefined || fault !== undefined || gone) && <PreviewNotice device={device} />}
      {stream !== undefined && (
        <div class="overlay-top">
          <StatePill publication={publication} gone={gone} />
        </div>
      )}
      {stream !== undefined && (
        <div class="tile-buttons">
          {device.microphoneId.value !== SILENT && (
            <IconButton
              icon={device.muted.value ? 'microphoneOff' : 'microphone'}
              label={device.muted.value ? 'Unmute the microphone (M)' : 'Mute the microphone (M)'}
              onPress={() => device.toggleMuted()}
              pressed={device.muted.value}
            />
          )}
          {device.cameras.value.length > 1 && (
            <IconButton icon="flip" label="The other camera (C)" onPress={() => void device.flip()} />
          )}
        </div>
      )}
    </div>
  );
}

const StatePill = ({
  publication,
  gone,
}: {
  readonly publication: Publication | undefined;
  readonly gone: boolean;
}) => {
  const sends = publication?.sending.value && !gone;
  const word = gone
    ? 'Camera gone'
    : publication === undefined
      ? 'Only you see this'
      : sends
        ? 'On air'
        : 'Stopped';
  return (
    <span class="chip pill" data-tone={sends ? 'live' : gone ? 'frozen' : 'waiting-still'} role="status">
      <span class="mark" aria-hidden="true">
        {sends ? '●' : gone ? '✕' : '○'}
      </span>
      {word}
    </span>
  );
};

const PreviewNotice = ({ device }: { readonly device: DeviceCamera }) => {
  const fault = device.fault.value;
  const gone = device.gone.value;
  return (
    <div class="notice" role={fault ? 'alert' : undefined}>
      {fault ? (
        <>
          <strong>{fault.reason}</strong>
          <p>{fault.action}</p>
        </>
      ) : gone ? (
        <>
          <strong>The camera is gone</strong>
          <p>It was unplugged, or another program took it. Who watches is told that it is stopped.</p>
        </>
      ) : (
        <>
          <Icon name="publish" />
          <strong>The camera is closed</strong>
          <p>Your browser asks whether this page may open it. Nothing is sent until you enter a room.</p>
        </>
      )}
      {device.possible && (
        <button type="button" class="button" onClick={() => void device.open()} disabled={device.busy.value}>
          {device.busy.value ? 'Opening…' : fault || gone ? 'Try again' : 'Open the camera'}
        </button>
      )}
    </div>
  );
};
