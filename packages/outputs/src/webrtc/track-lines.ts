import { attributeLine, type SdpLine } from '@pinhole/media/sdp';
import type { SentTracks } from './negotiated-session.ts';

/** All tracks are of one stream, which the viewer plays in step. @see RFC 8830 §2 */
export const trackLines = (
  { msid, cname }: SentTracks,
  { ssrc, track }: { readonly ssrc: number; readonly track: string },
): SdpLine[] => [
  attributeLine('msid', `${msid.stream} ${track}`),
  attributeLine('ssrc', `${ssrc} cname:${cname}`),
  attributeLine('ssrc', `${ssrc} msid:${msid.stream} ${track}`),
];

/** The picture's track, and the stream that repairs it. @see RFC 5576 §4.2 (ssrc-group), RFC 4588 §5.2 */
export const videoTrackLines = (tracks: SentTracks, repairs: 'rtx' | 'as sent'): SdpLine[] => {
  const { videoSsrc, rtxSsrc, msid, cname } = tracks;
  const track = trackLines(tracks, { ssrc: videoSsrc, track: msid.video });
  if (repairs === 'as sent') return track;
  return [
    attributeLine('ssrc-group', `FID ${videoSsrc} ${rtxSsrc}`),
    ...track,
    attributeLine('ssrc', `${rtxSsrc} cname:${cname}`),
    attributeLine('ssrc', `${rtxSsrc} msid:${msid.stream} ${msid.video}`),
  ];
};

/** What says that `rtx` repairs packets of `payloadType`. @see RFC 4588 §8.1 */
export const rtxLines = (rtx: number, payloadType: number): SdpLine[] => [
  attributeLine('rtpmap', `${rtx} rtx/90000`),
  attributeLine('fmtp', `${rtx} apt=${payloadType}`),
];
