import type { ReceptionReport, SenderReport, WritableRtcp } from '@pinhole/media/rtp';
import type { SentTracks } from './negotiated-session.ts';

/**
 * What is told of all that goes to and comes from one viewer: reports, and who they are from.
 * @returns nothing when there is nothing to tell.
 * @see RFC 3550 §6.1 (a compound begins with a report and names its sources)
 */
export function compoundReport(options: {
  readonly tracks: Pick<SentTracks, 'cname' | 'videoSsrc'>;
  readonly sent: readonly SenderReport[];
  readonly heard: ReceptionReport | undefined;
}): WritableRtcp[] {
  const { tracks, sent, heard } = options;
  const { cname, videoSsrc } = tracks;
  const reports = heard ? [heard] : [];
  const [first, ...others] = sent;
  if (first) {
    const sources = sent.map(({ ssrc }) => ({ ssrc, cname }));
    return [{ ...first, reports }, ...others, { kind: 'source-description', sources }];
  }
  if (!heard) return [];
  return [
    { kind: 'receiver-report', ssrc: videoSsrc, reports },
    { kind: 'source-description', sources: [{ ssrc: videoSsrc, cname }] },
  ];
}
