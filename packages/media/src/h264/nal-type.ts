/** `nal_unit_type` code points (H.264 Table 7-1). */
export const NAL_TYPE = {
  slice: 1,
  partitionA: 2,
  partitionB: 3,
  partitionC: 4,
  idr: 5,
  sei: 6,
  sps: 7,
  pps: 8,
  accessUnitDelimiter: 9,
  endOfSequence: 10,
  endOfStream: 11,
  filler: 12,
  spsExtension: 13,
  prefix: 14,
  subsetSps: 15,
  depthParameterSet: 16,
  auxiliarySlice: 19,
  sliceExtension: 20,
} as const;

/** The `nal_unit_type` of a NAL unit without start code; 0 ("unspecified") for an empty one. */
export const nalType = (nal: Uint8Array): number => (nal[0] ?? 0) & 0x1f;

/** The `nal_ref_idc` of a NAL unit, 0…3; 0 means that no other picture needs it. */
export const nalRefIdc = (nal: Uint8Array): number => ((nal[0] ?? 0) >> 5) & 3;

/** The NAL unit type carries a slice of a primary coded picture, or a partition of one. */
export const isPictureType = (type: number): boolean => type >= NAL_TYPE.slice && type <= NAL_TYPE.idr;

/** A NAL unit of this type behind a picture begins the next access unit, whatever it holds (H.264 §7.4.1.2.3). */
export const beginsUnit = (type: number): boolean =>
  (type >= NAL_TYPE.sei && type <= NAL_TYPE.accessUnitDelimiter) ||
  (type >= NAL_TYPE.subsetSps && type <= 18);
