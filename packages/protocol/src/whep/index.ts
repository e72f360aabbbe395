export { type IfMatch, parseIfMatch, serializeEntityTag } from './entity-tag.ts';
export { type IceServer, parseIceServerLinks, serializeIceServerLinks } from './ice-server-link.ts';
export {
  type MediaDirection,
  type OfferedMedia,
  type OfferOutline,
  parseOfferOutline,
  SDP_TYPE,
} from './offer.ts';
export { PROBLEM_TYPE, type Problem, parseProblem, serializeProblem } from './problem.ts';
export {
  candidatesOf,
  type IceCredentials,
  parseSdpFragment,
  SDP_FRAGMENT_TYPE,
  type SdpFragment,
  type SdpFragmentMedia,
  serializeSdpFragment,
} from './sdp-fragment.ts';
