/** How tiles of one shape fill a window best. */
export interface GridLayout {
  readonly columns: number;
  /** Width of all columns with the gaps between them, in pixels. */
  readonly widthPixels: number;
}

/** The room there is. */
export interface GridRoom {
  readonly widthPixels: number;
  readonly heightPixels: number;
  readonly gapPixels: number;
}

const TILE_SHAPE = 16 / 9;
/** Tiles that would be narrower than this scroll instead. */
const MIN_TILE_PIXELS = 300;

/** The number of columns that makes tiles largest; they all fit the height unless they would get too small to see. */
export function layOutGrid(tiles: number, room: GridRoom): GridLayout {
  let best = { columns: 1, tile: 0 };
  for (let columns = 1; columns <= Math.max(1, tiles); columns++) {
    const rows = Math.ceil(tiles / columns);
    const byWidth = (room.widthPixels - (columns - 1) * room.gapPixels) / columns;
    const byHeight = ((room.heightPixels - (rows - 1) * room.gapPixels) / rows) * TILE_SHAPE;
    const tile = Math.min(byWidth, byHeight);
    if (tile > best.tile) best = { columns, tile };
  }
  if (best.tile >= MIN_TILE_PIXELS)
    return { columns: best.columns, widthPixels: widthOf(best.columns, best.tile, room) };
  const columns = Math.max(
    1,
    Math.floor((room.widthPixels + room.gapPixels) / (MIN_TILE_PIXELS + room.gapPixels)),
  );
  return { columns, widthPixels: room.widthPixels };
}

const widthOf = (columns: number, tile: number, { gapPixels }: GridRoom): number =>
  Math.floor(columns * tile + (columns - 1) * gapPixels);
