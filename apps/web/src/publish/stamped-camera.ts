import { CameraClient, type RoomServerMessageOf } from '@pinhole/client/rooms';

const ABS_CAPTURE_TIME = 'http://www.webrtc.org/experiments/rtp-hdrext/abs-capture-time';

/** Of the WebRTC extensions draft; not in every browser, and not in the DOM types. */
interface NegotiatesHeaderExtensions {
  getHeaderExtensionsToNegotiate(): { uri: string; direction: RTCRtpTransceiverDirection }[];
  setHeaderExtensionsToNegotiate(extensions: { uri: string; direction: RTCRtpTransceiverDirection }[]): void;
}

/**
 * A camera whose pictures are stamped with when they were captured, so that viewers know the true delay; and that offers
 * H.264 first, which phones encode and every device decodes in hardware.
 */
export class StampedCamera extends CameraClient {
  override handleViewerRequest(message: RoomServerMessageOf<'viewerRequest'>): void {
    super.handleViewerRequest(message);
    // Its offer is made after this turn.
    const connection = this.peerConnections.get(message.viewerId);
    if (!(connection instanceof RTCPeerConnection)) return;
    for (const transceiver of connection.getTransceivers()) {
      stampPictures(transceiver);
      if (transceiver.sender.track?.kind === 'video') transceiver.setCodecPreferences?.(h264First());
    }
  }
}

function stampPictures(transceiver: RTCRtpTransceiver): void {
  const negotiates = transceiver as unknown as Partial<NegotiatesHeaderExtensions>;
  const offered = negotiates.getHeaderExtensionsToNegotiate?.();
  if (!offered) return;
  negotiates.setHeaderExtensionsToNegotiate?.(
    offered.map(({ uri, direction }) => ({
      uri,
      direction: uri === ABS_CAPTURE_TIME ? 'sendrecv' : direction,
    })),
  );
}

function h264First(): RTCRtpCodec[] {
  const codecs = RTCRtpSender.getCapabilities('video')?.codecs ?? [];
  const isH264 = ({ mimeType }: RTCRtpCodec): boolean => mimeType.toLowerCase() === 'video/h264';
  return [...codecs.filter(isH264), ...codecs.filter((codec) => !isH264(codec))];
}
