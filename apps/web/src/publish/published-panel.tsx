import { say } from '../components/toast.tsx';
import { roomHref } from '../routing.ts';
import type { Publication } from './publication.ts';

/** The gate, who watches, and the way out. */
export const PublishedPanel = ({
  publication,
  awake,
  onLeave,
}: {
  readonly publication: Publication;
  readonly awake: boolean;
  readonly onLeave: () => void;
}) => {
  const { room, cameraId } = publication;
  const sending = publication.sending.value;
  const viewers = publication.viewers.value;
  const href = roomHref(room);
  const copy = (): void => {
    // Without a token: who opens it shows an own one.
    const link = new URL(href, `${location.origin}${location.pathname}`).href;
    void navigator.clipboard.writeText(link).then(() => say('Copied.'));
  };
  return (
    <section class="panel published">
      <h2>
        <bdi>{cameraId}</bdi> in <bdi>{room}</bdi>
      </h2>
      <p class="viewer-count">
        <strong data-counter="viewers">{viewers}</strong> {viewers === 1 ? 'viewer' : 'viewers'}
      </p>
      <button type="button" class="button gate" data-sending={sending} onClick={() => publication.toggle()}>
        {sending ? 'Stop sending' : 'Start sending'}
      </button>
      <p class="quiet">
        {sending
          ? 'Whoever is in the room and asks gets the picture.'
          : 'Still in the room; whoever asks is told that the camera is stopped.'}
        {awake && ' The screen stays on.'}
      </p>
      <div class="room-actions">
        <a class="quiet-button" href={href} target="_blank" rel="noreferrer">
          Open the room
        </a>
        <button type="button" class="quiet-button" onClick={copy}>
          Copy link
        </button>
        <button type="button" class="quiet-button" onClick={onLeave}>
          Leave
        </button>
      </div>
    </section>
  );
};
