import * as z from 'zod/mini';

/** The longest session description, in UTF-16 units. */
export const MAX_SDP_CHARS = 65_536;
/** The longest candidate, in UTF-16 units. */
export const MAX_CANDIDATE_CHARS = 4096;

/**
 * A session description as `RTCSessionDescriptionInit` has it. The text is opaque here: what a browser makes of it is
 * between the two ends.
 */
const description = <const Types extends readonly string[]>(types: Types) =>
  z.object({
    type: z.optional(z.literal(types)),
    sdp: z.optional(z.string().check(z.maxLength(MAX_SDP_CHARS))),
  });

/** What an offer carries. */
export const offerField = description(['offer']);

/** What an answer carries. Boards that cannot do WebRTC answer without one. */
export const answerField = description(['answer', 'pranswer']);

const short = z.string().check(z.maxLength(256));

/** A candidate as `RTCIceCandidateInit` has it; `null` says that there are no more. */
export const candidateField = z.nullable(
  z.object({
    candidate: z.optional(z.string().check(z.maxLength(MAX_CANDIDATE_CHARS))),
    sdpMid: z.optional(z.nullable(short)),
    sdpMLineIndex: z.optional(z.nullable(z.number())),
    usernameFragment: z.optional(z.nullable(short)),
  }),
);

const size = z.int().check(z.gte(0), z.lte(65_536));
const words = z.array(z.string().check(z.maxLength(32))).check(z.maxLength(16));

/** What a camera says it can do; nothing here is checked against its pictures. */
export const capabilitiesField = z.object({
  codecs: z.optional(words),
  width: z.optional(size),
  height: z.optional(size),
  fps: z.optional(z.number().check(z.gte(0), z.lte(1000))),
  audio: z.optional(z.boolean()),
  ptz: z.optional(z.boolean()),
  transports: z.optional(words),
});

/** A session description in a message of rooms. */
export type RoomDescription = z.infer<typeof offerField> | z.infer<typeof answerField>;
/** A candidate in a message of rooms; `null` is the end of them. */
export type RoomCandidate = z.infer<typeof candidateField>;
/** What a camera says it can do. */
export type CameraCapabilities = z.infer<typeof capabilitiesField>;
