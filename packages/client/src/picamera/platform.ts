import { type MqttLink, type MqttLinkOptions, openMqttLink } from '@pinhole/mqtt';

/** What a {@link PiCamera} needs of its browser; a seam for those who run it elsewhere. */
export interface PiCameraPlatform {
  openConnection(configuration: RTCConfiguration): RTCPeerConnection;
  openLink(options: MqttLinkOptions): MqttLink;
  openSocket(url: string): WebSocket;
  /** Asks for the microphone. @throws {unknown} what the browser throws */
  openMicrophone(): Promise<MediaStream>;
  /** A random id that nobody else has. */
  newId(): string;
}

/** The browser itself. */
export const browserPlatform: PiCameraPlatform = {
  openConnection: (configuration) => new RTCPeerConnection(configuration),
  openLink: openMqttLink,
  openSocket: (url) => new WebSocket(url),
  async openMicrophone() {
    // Not there on pages without a secure context.
    const { mediaDevices } = navigator as { readonly mediaDevices?: MediaDevices };
    if (mediaDevices === undefined) throw new Error('browsers give the microphone to pages over https only');
    return await mediaDevices.getUserMedia({
      audio: { echoCancellation: true, noiseSuppression: true, autoGainControl: true },
      video: false,
    });
  },
  newId,
};

/** A random UUID (version 4); `crypto.randomUUID` is there on secure pages only. */
function newId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const digits = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
