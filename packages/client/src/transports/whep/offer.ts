const ABS_CAPTURE_TIME = 'http://www.webrtc.org/experiments/rtp-hdrext/abs-capture-time';
const PLAYOUT_DELAY = 'http://www.webrtc.org/experiments/rtp-hdrext/playout-delay';
const WANTED = [ABS_CAPTURE_TIME, PLAYOUT_DELAY];

/** Of the WebRTC extensions draft; not in every browser, and not in the DOM types. */
interface NegotiatesHeaderExtensions {
  getHeaderExtensionsToNegotiate(): { uri: string; direction: RTCRtpTransceiverDirection }[];
  setHeaderExtensionsToNegotiate(extensions: { uri: string; direction: RTCRtpTransceiverDirection }[]): void;
}

/** Whether this browser can receive H.264 by WebRTC; Firefox cannot without its codec plugin. */
export const receivesH264 = (): boolean =>
  typeof RTCRtpReceiver !== 'undefined' && h264First().some((codec) => isH264(codec));

/** Puts H.264 first in what will be offered. */
export function preferH264(transceiver: RTCRtpTransceiver): void {
  // Safari 13 and Firefox below 128 lack it; they offer H.264 all the same, later in the list.
  transceiver.setCodecPreferences?.(h264First());
}

/** Asks for the header extensions that carry capture time and playout delay, where there is an API for it. */
export function askForHeaderExtensions(transceiver: RTCRtpTransceiver): void {
  const negotiates = transceiver as unknown as Partial<NegotiatesHeaderExtensions>;
  const offered = negotiates.getHeaderExtensionsToNegotiate?.();
  if (!offered) return;
  negotiates.setHeaderExtensionsToNegotiate?.(
    offered.map(({ uri, direction }) => ({ uri, direction: WANTED.includes(uri) ? 'recvonly' : direction })),
  );
}

/**
 * The offer with those header extensions in its video section, for browsers that know them but have no API to ask.
 * @returns the input when they are there already
 */
export function withHeaderExtensions(sdp: string): string {
  const sections = sdp.split(/(?=^m=)/m);
  const used = new Set([...sdp.matchAll(/^a=extmap:(\d+)/gm)].map(([, id]) => Number(id)));
  return sections
    .map((section) => {
      if (!section.startsWith('m=video')) return section;
      const added = WANTED.filter((uri) => !section.includes(uri)).map((uri) => {
        let id = 1;
        while (used.has(id) || id === 15) id++; // 15 is reserved in one-byte headers (RFC 8285 §4.2)
        used.add(id);
        return id < 15 ? `a=extmap:${id} ${uri}\r\n` : '';
      });
      return section.replace(/(?=^a=(?:recvonly|sendrecv|mid))/m, added.join(''));
    })
    .join('');
}

const isH264 = (codec: { readonly mimeType: string }): boolean =>
  codec.mimeType.toLowerCase() === 'video/h264';

const h264First = (): RTCRtpCodec[] => {
  const codecs = RTCRtpReceiver.getCapabilities('video')?.codecs ?? [];
  return [...codecs.filter(isH264), ...codecs.filter((codec) => !isH264(codec))];
};
