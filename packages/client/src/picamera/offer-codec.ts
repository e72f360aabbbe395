import type { VideoCodec } from './picamera-options.ts';

/** What repairs losses of any codec, and stays. */
const REPAIR = /^(?:red|ulpfec|flexfec(?:-03)?)$/i;

/**
 * An offer whose video section has one codec alone, with its retransmissions and what repairs losses. The other sections are
 * left as they are.
 * @returns undefined when it has no such codec, or no video
 */
export function withOnlyCodec(sdp: string, codec: VideoCodec): string | undefined {
  let found = false;
  const sections = sdp.split(/(?=^m=)/m).map((section) => {
    if (!section.startsWith('m=video')) return section;
    const kept = payloadTypesOf(section, codec);
    found ||= kept !== undefined;
    return kept ? onlyPayloadTypes(section, kept) : section;
  });
  return found ? sections.join('') : undefined;
}

/** The payload types to keep; undefined where the codec is not among them. */
function payloadTypesOf(section: string, codec: VideoCodec): ReadonlySet<string> | undefined {
  const kept = new Set<string>();
  for (const [, type = '', name = ''] of section.matchAll(/^a=rtpmap:(\d+) ([^/\s]+)/gm)) {
    if (name.toUpperCase() === codec) kept.add(type);
  }
  if (kept.size === 0) return undefined;
  for (const [, type = '', name = ''] of section.matchAll(/^a=rtpmap:(\d+) ([^/\s]+)/gm)) {
    if (REPAIR.test(name)) kept.add(type);
  }
  for (const [, type = '', repaired = ''] of section.matchAll(/^a=fmtp:(\d+) (?:.*;)?\s*apt=(\d+)/gm)) {
    if (kept.has(repaired)) kept.add(type);
  }
  return kept;
}

const onlyPayloadTypes = (section: string, kept: ReadonlySet<string>): string =>
  section
    .replace(
      /^(m=video \S+ \S+)((?: \d+)+)/,
      (_, head: string, types: string) =>
        head +
        types
          .split(' ')
          .filter((type) => kept.has(type))
          .map((type) => ` ${type}`)
          .join(''),
    )
    .replaceAll(/^a=(?:rtpmap|fmtp|rtcp-fb):(\d+) .*\r?\n/gm, (line, type: string) =>
      kept.has(type) ? line : '',
    );
