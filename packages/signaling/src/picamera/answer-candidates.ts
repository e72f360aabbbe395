import { attribute, attributes, parseSdp } from '@pinhole/media/sdp';
import type { CandidateToSend } from '@pinhole/protocol/picamera';

/**
 * The candidates that stand in one of our answers, each for a message of its own: clients of every generation wait for
 * those, and the section that has them is the one which stands for the connection (RFC 9143 §7.2).
 */
export function candidatesOfAnswer(answer: string): readonly CandidateToSend[] {
  return parseSdp(answer).media.flatMap((media, sdpMLineIndex) =>
    attributes(media, 'candidate').map((value) => ({
      candidate: `candidate:${value.replace(/^candidate:/, '')}`,
      sdpMid: attribute(media, 'mid') ?? String(sdpMLineIndex),
      sdpMLineIndex,
    })),
  );
}
