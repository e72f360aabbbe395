import {
  RTCRtpCodecParameters,
  type RTCRtpHeaderExtensionParameters,
  useFIR,
  useNACK,
  useOPUS,
  usePCMU,
  usePLI,
  useTransportWideCC,
  useTWCC,
} from 'werift';

/** Any of 96…127 will do; browsers take this one for H.264 too. */
const PAYLOAD_TYPE = 102;

/** H.264 in packetization-mode 1, as an offer of ours tells it. */
export const h264Codec = (profileLevelId: string): RTCRtpCodecParameters =>
  new RTCRtpCodecParameters({
    mimeType: 'video/h264',
    clockRate: 90_000,
    payloadType: PAYLOAD_TYPE,
    rtcpFeedback: [useNACK(), usePLI(), useFIR(), useTWCC()],
    parameters: `level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=${profileLevelId}`,
  });

/** Sound that cameras offer beside their pictures: agreed on, so that the pictures come, and not listened to. */
export const soundCodecs = (): RTCRtpCodecParameters[] => [useOPUS(), usePCMU()];

/** With the sequence number over all packets a browser finds out what the path carries; else it stays at 300 kbit/s. */
export const videoExtensions = (): RTCRtpHeaderExtensionParameters[] => [useTransportWideCC()];
