import { useEffect, useMemo, useState } from 'preact/hooks';
import { HelpDialog, type KeyList } from '../components/help-dialog.tsx';
import { Icon } from '../components/icon.tsx';
import { IconButton } from '../components/icon-button.tsx';
import { useKeys } from '../keyboard.ts';
import { HappeningsLog } from '../rooms/happenings-log.tsx';
import { LinkFault, LinkPill } from '../rooms/link-pill.tsx';
import { GRID_HREF, go } from '../routing.ts';
import { toggleTheme } from '../theme.ts';
import { DeviceCamera, SILENT } from './device-camera.ts';
import { DevicePickers } from './device-pickers.tsx';
import { EntryForm } from './entry-form.tsx';
import { Preview } from './preview.tsx';
import { Publication } from './publication.ts';
import { PublishedPanel } from './published-panel.tsx';
import { keepAwake } from './wake-lock.ts';

const KEYS: KeyList = [
  ['S', 'Stop, start sending'],
  ['M', 'Mute the microphone, or not'],
  ['C', 'The other camera'],
  ['Esc', 'All cameras; the device stops filming'],
  ['?', 'This help'],
];

/** The desk behind this device's camera: what it shows, to whom, and whether it does. */
export function CameraDesk({ names }: { readonly names: readonly string[] }) {
  const [publication, publish] = useState<Publication>();
  const [awake, setAwake] = useState(false);
  const [helping, setHelping] = useState(false);
  const current = useMemo<{ publication: Publication | undefined }>(() => ({ publication: undefined }), []);
  const device = useMemo(
    () =>
      new DeviceCamera(
        (kind, track) => void current.publication?.replace(kind, track),
        () => current.publication?.stop(),
      ),
    [current],
  );
  useEffect(() => () => device.close(), [device]);
  useEffect(() => {
    current.publication = publication;
    if (publication === undefined) return;
    const sleep = keepAwake(setAwake);
    return () => {
      current.publication = undefined;
      publication.close();
      sleep();
      setAwake(false);
    };
  }, [publication, current]);

  const hasSound = device.stream.value !== undefined && device.microphoneId.value !== SILENT;
  useKeys({
    ...(publication && { s: () => publication.toggle() }),
    ...(hasSound && { m: () => device.toggleMuted() }),
    ...(device.cameras.value.length > 1 && { c: () => void device.flip() }),
    escape: () => go(GRID_HREF),
    '?': () => setHelping(true),
  });

  return (
    <div class="page">
      <header class="bar room-bar">
        <a class="icon-button" href={GRID_HREF} title="All cameras (Esc)" aria-label="All cameras">
          <Icon name="back" />
        </a>
        <h1>This device as a camera</h1>
        {publication && <LinkPill link={publication.link.value} />}
        <span class="spacer" />
        <IconButton icon="help" label="Keys (?)" onPress={() => setHelping(true)} />
        <IconButton icon="theme" label="Dark or light" onPress={toggleTheme} />
      </header>
      <main class="room">
        <section class="room-pictures" aria-label="Preview">
          {publication && <LinkFault link={publication.link.value} />}
          <Preview device={device} publication={publication} />
          <DevicePickers device={device} publishing={publication !== undefined} />
        </section>
        <aside class="room-side">
          {publication === undefined ? (
            <EntryForm
              names={names}
              stream={device.stream.value}
              onEnter={(options) => publish(new Publication(options))}
            />
          ) : (
            <>
              <PublishedPanel publication={publication} awake={awake} onLeave={() => publish(undefined)} />
              <section class="panel">
                <h2>What happened</h2>
                <HappeningsLog happenings={publication.happenings} />
              </section>
            </>
          )}
        </aside>
      </main>
      {helping && <HelpDialog keys={KEYS} onClose={() => setHelping(false)} />}
    </div>
  );
}
