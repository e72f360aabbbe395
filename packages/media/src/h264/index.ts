export { AccessUnitAssembler } from './access-unit-assembler.ts';
export { joinAnnexB, nalUnits } from './annex-b.ts';
export type { AssembledUnit, AssemblerCounters, AssemblerOptions, UnitEnd } from './assembled-unit.ts';
export {
  type AvcDecoderConfiguration,
  type AvcParameterSets,
  parseAvcDecoderConfiguration,
  serializeAvcDecoderConfiguration,
} from './avc-decoder-configuration.ts';
export { type AvccLengthSize, joinAvcc, splitAvcc } from './avcc.ts';
export { BitReader } from './bit-reader.ts';
export { BitWriter } from './bit-writer.ts';
export { codecString, profileLevelId } from './codec-string.ts';
export { DecodeClock } from './decode-clock.ts';
export { addEmulationPrevention, removeEmulationPrevention } from './emulation-prevention.ts';
export { InBandParameterSets } from './in-band-parameter-sets.ts';
export { lowDelaySps } from './low-delay-sps.ts';
export { NAL_TYPE, nalRefIdc, nalType } from './nal-type.ts';
export { ParameterSets } from './parameter-sets.ts';
export {
  type PictureEntry,
  PictureOrderInspector,
  type PictureReport,
} from './picture-order-inspector.ts';
export { type Pps, parsePps } from './pps.ts';
export { parseRecoveryPoint, parseSei, type RecoveryPoint, type SeiMessage } from './sei.ts';
export {
  parseSliceHeader,
  parseSliceStart,
  type SliceContext,
  type SliceHeader,
  type SliceStart,
  type SliceType,
} from './slice-header.ts';
export { type Crop, type PicOrderCnt, parseSps, type Sps } from './sps.ts';
export type { BitstreamRestriction, HrdParameters, Vui } from './vui.ts';
