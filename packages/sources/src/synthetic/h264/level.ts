/** One row of H.264 Table A-1, as far as a stream with one reference frame can break it. */
interface LevelLimit {
  readonly levelIdc: number;
  readonly maxMacroblocksPerSecond: number;
  readonly maxFrameMacroblocks: number;
  readonly maxKbps: number;
}

const row = (
  levelIdc: number,
  maxMacroblocksPerSecond: number,
  maxFrameMacroblocks: number,
  maxKbps: number,
): LevelLimit => ({ levelIdc, maxMacroblocksPerSecond, maxFrameMacroblocks, maxKbps });

const LEVELS: readonly LevelLimit[] = [
  row(10, 1_485, 99, 64),
  row(11, 3_000, 396, 192),
  row(12, 6_000, 396, 384),
  row(13, 11_880, 396, 768),
  row(20, 11_880, 396, 2_000),
  row(21, 19_800, 792, 4_000),
  row(22, 20_250, 1_620, 4_000),
  row(30, 40_500, 1_620, 10_000),
  row(31, 108_000, 3_600, 14_000),
  row(32, 216_000, 5_120, 20_000),
  row(40, 245_760, 8_192, 20_000),
  row(42, 522_240, 8_704, 50_000),
];

/** What a stream asks of its decoder. */
export interface LevelDemand {
  readonly widthMacroblocks: number;
  readonly heightMacroblocks: number;
  readonly framesPerSecond: number;
  /** The highest bit rate it may reach. */
  readonly maxKbps: number;
}

/**
 * The lowest level that allows a stream: its `level_idc`; undefined where none does.
 * @see H.264 Table A-1, §A.3.1 (no side longer than √(8 · MaxFS))
 */
export function lowestLevel(demand: LevelDemand): number | undefined {
  const { widthMacroblocks, heightMacroblocks, framesPerSecond, maxKbps } = demand;
  const frame = widthMacroblocks * heightMacroblocks;
  const longerSide = Math.max(widthMacroblocks, heightMacroblocks);
  return LEVELS.find(
    (level) =>
      frame <= level.maxFrameMacroblocks &&
      longerSide ** 2 <= 8 * level.maxFrameMacroblocks &&
      frame * framesPerSecond <= level.maxMacroblocksPerSecond &&
      maxKbps <= level.maxKbps,
  )?.levelIdc;
}
