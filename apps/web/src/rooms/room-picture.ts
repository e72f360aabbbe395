import { type ClockOffset, localNow, StreamMeter } from '@pinhole/client';
import { signal } from '@preact/signals';
import { type PictureFigures, readFigures, type StatsBefore } from './picture-figures.ts';

/** No frame for so long, and the picture is old. Cameras of a frame a second are not. */
const STALE_AFTER_MS = 2500;
const LOOK_EVERY_MS = 1000;

/** The receiver of a connection's pictures. */
const receiverOf = (connection: RTCPeerConnection | undefined): RTCRtpReceiver | undefined =>
  connection?.getReceivers().find(({ track }) => track.kind === 'video');

/** The picture of a camera of a room, in an element of its own, and what can truly be said of it. */
export class RoomPicture {
  readonly element = document.createElement('div');
  /** Undefined until the first picture. */
  readonly figures = signal<PictureFigures | undefined>(undefined);
  /** When the picture on the page was painted, ms since 1970, once that is too long ago; undefined while it moves. */
  readonly staleSince = signal<number | undefined>(undefined);
  readonly sound = signal<'none' | 'muted' | 'on'>('none');
  readonly #video = document.createElement('video');
  readonly #image = document.createElement('img');
  readonly #still = document.createElement('canvas');
  readonly #meter: StreamMeter;
  readonly #timer: ReturnType<typeof setInterval>;
  #connection: RTCPeerConnection | undefined;
  #before: StatsBefore | undefined;
  #jpegs = 0;
  #jpegAt: number | undefined;
  #jpegRate = { at: 0, count: 0 };
  #drawnAt: number | undefined;
  #held = false;
  #unhold: (() => void) | undefined;

  constructor(clock: ClockOffset) {
    this.element.className = 'picture';
    Object.assign(this.#video, { muted: true, autoplay: true, playsInline: true });
    this.#video.setAttribute('muted', '');
    this.#video.setAttribute('playsinline', '');
    this.#image.alt = '';
    this.#meter = new StreamMeter({
      video: this.#video,
      reports: () => receiverOf(this.#connection)?.getSynchronizationSources() ?? [],
      clock,
    });
    this.#timer = setInterval(() => void this.#look(), LOOK_EVERY_MS);
  }

  showStream(stream: MediaStream, connection: RTCPeerConnection | undefined): void {
    this.hold();
    this.#held = false;
    this.#connection = connection;
    this.#before = undefined;
    this.#meter.restart();
    this.#video.srcObject = stream;
    if (!this.#video.isConnected) this.element.prepend(this.#video);
    this.#image.remove();
    this.#setSound(stream);
    stream.addEventListener('addtrack', () => this.#setSound(stream));
    const painted = this.#meter.painted;
    const unhold = setInterval(() => {
      if (this.#meter.painted > painted) this.#dropStill();
    }, 50);
    this.#unhold = () => clearInterval(unhold);
    this.#video.play().catch(() => {}); // muted ones may; a newer stream interrupts an older one's start
  }

  showJpeg(jpeg: Uint8Array): void {
    const before = this.#image.src;
    this.#held = false;
    // A copy in memory of its own kind, which is what a Blob takes.
    this.#image.src = URL.createObjectURL(new Blob([new Uint8Array(jpeg)], { type: 'image/jpeg' }));
    this.#image.onload = () => {
      this.#jpegs++;
      this.#jpegAt = localNow();
      URL.revokeObjectURL(before);
    };
    this.#image.onerror = () => URL.revokeObjectURL(before);
    if (!this.#image.isConnected) this.element.append(this.#image);
  }

  /** Nothing comes any more: the last picture stays, as a still, whatever becomes of its stream. */
  hold(): void {
    this.#held = true;
    this.#unhold?.();
    this.#draw();
    if (this.#drawnAt !== undefined) this.element.append(this.#still);
    this.#judge();
  }

  /** Turns the sound on or off. */
  toggleSound(): void {
    this.#video.muted = !this.#video.muted;
    if (this.sound.value !== 'none') this.sound.value = this.#video.muted ? 'muted' : 'on';
  }

  close(): void {
    clearInterval(this.#timer);
    this.#unhold?.();
    this.#meter.close();
    this.#video.srcObject = null;
    URL.revokeObjectURL(this.#image.src);
    this.element.remove();
  }

  /** Keeps the picture of now: a stream that has ended shows black in some browsers. */
  #draw(): void {
    const { videoWidth: width, videoHeight: height, srcObject, readyState } = this.#video;
    const live = srcObject instanceof MediaStream && srcObject.active;
    if (!live || readyState < HTMLMediaElement.HAVE_CURRENT_DATA || width === 0 || this.#still.isConnected)
      return;
    Object.assign(this.#still, { width, height });
    this.#still.getContext('2d')?.drawImage(this.#video, 0, 0);
    this.#drawnAt = localNow();
  }

  #dropStill(): void {
    this.#unhold?.();
    this.#still.remove();
  }

  #setSound(stream: MediaStream): void {
    const has = stream.getAudioTracks().length > 0;
    this.sound.value = has ? (this.#video.muted ? 'muted' : 'on') : 'none';
  }

  /** Whether the picture on the page is one of now. */
  #judge(): void {
    // One that was not told of as painted yet is on the still all the same.
    const paintedAt = this.#jpegAt ?? this.#meter.lastPaintedAt ?? this.#drawnAt;
    // A page that nobody sees paints nothing.
    const judged = this.#held || document.visibilityState === 'visible';
    const old = paintedAt !== undefined && judged && (this.#held || localNow() - paintedAt > STALE_AFTER_MS);
    const since = old ? paintedAt : undefined;
    if (this.staleSince.value !== since) this.staleSince.value = since;
  }

  async #look(): Promise<void> {
    this.#judge();
    if (this.staleSince.value === undefined) this.#draw();
    if (this.#image.isConnected) this.figures.value = this.#jpegFigures();
    else if (this.#connection) {
      const report = await this.#connection.getStats();
      const { figures, now } = readFigures(report, this.#before);
      this.#before = now;
      const { latency } = this.#meter;
      this.figures.value = { ...figures, ...(latency !== undefined && { latency }) };
    }
  }

  #jpegFigures(): PictureFigures {
    const at = performance.now();
    const seconds = (at - this.#jpegRate.at) / 1000;
    let { framesPerSecond } = this.figures.value ?? {};
    if (seconds > 2) {
      framesPerSecond = Math.round(((this.#jpegs - this.#jpegRate.count) / seconds) * 10) / 10;
      this.#jpegRate = { at, count: this.#jpegs };
    }
    const { naturalWidth: width, naturalHeight: height } = this.#image;
    return {
      codec: 'JPEG',
      ...(width > 0 && { width, height }),
      ...(framesPerSecond !== undefined && { framesPerSecond }),
    };
  }
}
