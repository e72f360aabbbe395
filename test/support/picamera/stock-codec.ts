/** Codecs among which clients of the field choose. */
const CODECS = ['H264', 'VP8', 'VP9', 'AV1'] as const;

/**
 * The text of an offer in which one codec is left, as clients of the field write it: lines of the others go, with those
 * of their retransmission, and their numbers in the video's first line.
 */
export function withCodecAlone(sdp: string, codec: (typeof CODECS)[number]): string {
  const others = CODECS.filter((name) => name !== codec);
  const gone = new Set(
    [...sdp.matchAll(/^a=rtpmap:(\d+) (\w+)\//gm)].flatMap(([, number = '', name]) =>
      others.some((other) => other === name) ? [number] : [],
    ),
  );
  for (const [, number = '', of = ''] of sdp.matchAll(/^a=fmtp:(\d+) apt=(\d+)/gm))
    if (gone.has(of)) gone.add(number);
  return sdp
    .split('\r\n')
    .filter((line) => !gone.has(/^a=(?:rtpmap|fmtp|rtcp-fb):(\d+) /.exec(line)?.[1] ?? ''))
    .map((line) =>
      line.startsWith('m=video ')
        ? line
            .split(' ')
            .filter((word, index) => index < 3 || !gone.has(word))
            .join(' ')
        : line,
    )
    .join('\r\n');
}
