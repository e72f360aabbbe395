import { signal } from '@preact/signals';
import { faultOf, faultOfPlace, type MediaFault } from './media-faults.ts';

/** A camera or microphone of this device. */
export interface Device {
  readonly id: string;
  readonly label: string;
}

/** No microphone. */
export const SILENT = '';

const PICTURE = { width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 30 } } as const;

type Facing = 'user' | 'environment';

/** The camera and microphone of this device: which there are, what they show, and what is wrong with them. */
export class DeviceCamera {
  readonly cameras = signal<readonly Device[]>([]);
  readonly microphones = signal<readonly Device[]>([]);
  /** Undefined until it is open. The same stream also after another camera was chosen: its tracks change. */
  readonly stream = signal<MediaStream | undefined>(undefined);
  readonly fault = signal<MediaFault | undefined>(
    faultOfPlace({
      isSecureContext,
      hasMediaDevices: 'mediaDevices' in navigator,
      host: location.host,
    }),
  );
  readonly busy = signal(false);
  readonly cameraId = signal('');
  readonly microphoneId = signal(SILENT);
  readonly muted = signal(false);
  /** It was there and is not any more: unplugged, or taken by somebody else. */
  readonly gone = signal(false);
  /** Whether the picture is one's own face, which people know mirrored. */
  readonly facesUser = signal(false);
  readonly #replaced: (kind: 'video' | 'audio', track: MediaStreamTrack) => void;
  readonly #lost: () => void;
  readonly #ended = new AbortController();

  /** @param replaced takes the track that is to be sent from now on; `lost` is called when the camera is gone */
  constructor(replaced: (kind: 'video' | 'audio', track: MediaStreamTrack) => void, lost: () => void) {
    this.#replaced = replaced;
    this.#lost = lost;
    if (this.fault.value !== undefined) return;
    const options = { signal: this.#ended.signal };
    navigator.mediaDevices.addEventListener('devicechange', () => void this.#devicesChanged(), options);
    void this.#openIfAllowed();
  }

  /** Whether trying makes sense at all. */
  get possible(): boolean {
    return isSecureContext && 'mediaDevices' in navigator;
  }

  /** Asks for the camera, and for the microphone where one was chosen. */
  async open(): Promise<boolean> {
    const sound = this.microphoneId.value !== SILENT;
    return await this.#working(sound ? 'camera and microphone' : 'camera', async () => {
      const stream = await navigator.mediaDevices.getUserMedia({
        video: { ...PICTURE, ...exactly(this.cameraId.value) },
        audio: sound && exactly(this.microphoneId.value),
      });
      this.#stop();
      this.stream.value = stream;
      for (const track of stream.getTracks()) this.#taken(track);
      await this.#list();
    });
  }

  /** Another camera, without another connection. */
  async chooseCamera(id: string): Promise<void> {
    this.cameraId.value = id;
    await this.#replaceVideo(exactly(id));
  }

  /** The camera on the other side of a phone; elsewhere the next one. */
  async flip(): Promise<void> {
    const { facingMode } = this.#track('video')?.getSettings() ?? {};
    if (facingMode === 'user' || facingMode === 'environment') {
      const other: Facing = facingMode === 'user' ? 'environment' : 'user';
      await this.#replaceVideo({ facingMode: { ideal: other } });
      return;
    }
    const cameras = this.cameras.value;
    const at = cameras.findIndex(({ id }) => id === this.cameraId.value);
    const next = cameras[(at + 1) % cameras.length];
    if (next !== undefined) await this.chooseCamera(next.id);
  }

  /** Another microphone, or none. */
  async chooseMicrophone(id: string): Promise<void> {
    const before = this.microphoneId.value;
    this.microphoneId.value = id;
    const { value: stream } = this.stream;
    if (stream === undefined) return;
    if (id === SILENT) {
      this.#drop('audio');
      return;
    }
    const opened = await this.#working('microphone', async () => {
      const [track] = (await navigator.mediaDevices.getUserMedia({ audio: exactly(id) })).getAudioTracks();
      if (track) this.#replace(stream, track);
      await this.#list();
    });
    if (!opened) this.microphoneId.value = before;
  }

  /** Sends silence, or sound again. */
  toggleMuted(): void {
    this.muted.value = !this.muted.value;
    const track = this.#track('audio');
    if (track) track.enabled = !this.muted.value;
  }

  close(): void {
    this.#ended.abort();
    this.#stop();
    this.stream.value = undefined;
  }

  async #replaceVideo(wanted: MediaTrackConstraints): Promise<void> {
    const { value: stream } = this.stream;
    if (stream === undefined) return;
    await this.#working('camera', async () => {
      const asked = { video: { ...PICTURE, ...wanted } };
      const opened = await navigator.mediaDevices.getUserMedia(asked).catch(async (thrown: unknown) => {
        if (!(thrown instanceof DOMException) || thrown.name !== 'NotReadableError') throw thrown;
        // Most phones open one camera at a time.
        this.#track('video')?.stop();
        return await navigator.mediaDevices.getUserMedia(asked);
      });
      const [track] = opened.getVideoTracks();
      if (track) this.#replace(stream, track);
      await this.#list();
    });
  }

  #replace(stream: MediaStream, track: MediaStreamTrack): void {
    const kind = track.kind === 'audio' ? 'audio' : 'video';
    this.#drop(kind);
    stream.addTrack(track);
    this.#taken(track);
    this.#replaced(kind, track);
  }

  #taken(track: MediaStreamTrack): void {
    const { deviceId = '', facingMode } = track.getSettings();
    if (track.kind === 'audio') {
      track.enabled = !this.muted.value;
      this.microphoneId.value = deviceId;
      return;
    }
    this.cameraId.value = deviceId;
    this.facesUser.value = facingMode === 'user';
    this.gone.value = false;
    // Only what others do ends a track with an event; what we stop does not.
    track.addEventListener('ended', () => {
      if (this.#track('video') !== track || this.#ended.signal.aborted) return;
      this.gone.value = true;
      this.#lost();
    });
  }

  #track(kind: 'video' | 'audio'): MediaStreamTrack | undefined {
    return this.stream.value?.getTracks().find((track) => track.kind === kind);
  }

  #drop(kind: 'video' | 'audio'): void {
    const track = this.#track(kind);
    if (track === undefined) return;
    this.stream.value?.removeTrack(track);
    track.stop();
  }

  #stop(): void {
    for (const track of this.stream.value?.getTracks() ?? []) track.stop();
  }

  /** @returns whether it worked; what did not is told as `fault` */
  async #working(what: Parameters<typeof faultOf>[1], work: () => Promise<void>): Promise<boolean> {
    if (!this.possible) return false;
    this.busy.value = true;
    try {
      await work();
      this.fault.value = undefined;
      return true;
    } catch (thrown) {
      this.fault.value = faultOf(thrown, what);
      return false;
    } finally {
      this.busy.value = false;
      if (this.#ended.signal.aborted) this.#stop();
    }
  }

  async #list(): Promise<void> {
    const devices = await navigator.mediaDevices.enumerateDevices();
    const named = (kind: MediaDeviceKind, word: string): readonly Device[] =>
      devices
        .filter((device) => device.kind === kind && device.deviceId !== '')
        .map(({ deviceId, label }, index) => ({ id: deviceId, label: label || `${word} ${index + 1}` }));
    this.cameras.value = named('videoinput', 'Camera');
    this.microphones.value = named('audioinput', 'Microphone');
  }

  /** Who allowed it before is not asked again. */
  async #openIfAllowed(): Promise<void> {
    await this.#list();
    const allowed = await navigator.permissions
      ?.query({ name: 'camera' as PermissionName })
      .catch(() => undefined); // not every browser knows the name
    if (allowed?.state === 'granted' && !this.#ended.signal.aborted) await this.open();
  }

  async #devicesChanged(): Promise<void> {
    await this.#list();
    // The one that was unplugged is back.
    const back = this.cameras.value.some(({ id }) => id === this.cameraId.value);
    if (this.gone.value && back) await this.#replaceVideo(exactly(this.cameraId.value));
  }
}

const exactly = (id: string): MediaTrackConstraints => (id === '' ? {} : { deviceId: { exact: id } });
