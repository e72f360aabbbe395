const SECONDS_ACROSS = 2;
const BRIGHTEST = 160;
const TAIL_STEPS = 5;

/**
 * A light that runs to and fro, about two seconds across, a whole number of blocks every frame, with a fading tail.
 * @returns how much lighter each of `columns` blocks is, in multiples of 16; overwritten by nobody.
 */
export function sweep(frameNumber: number, columns: number, framesPerSecond: number): Uint8Array {
  const head = Math.max(2, Math.round(columns / 40));
  const way = Math.max(1, columns - head);
  const step = Math.max(1, Math.round(way / (SECONDS_ACROSS * framesPerSecond)));
  const stepsAcross = Math.max(1, Math.floor(way / step));
  const phase = frameNumber % (2 * stepsAcross);
  const forward = phase < stepsAcross;
  const left = (forward ? phase : 2 * stepsAcross - phase) * step;
  const levels = new Uint8Array(columns);
  for (let column = 0; column < columns; column++) {
    const behind = forward ? left - column : column - (left + head - 1);
    if (column >= left && column < left + head) levels[column] = BRIGHTEST;
    else if (behind > 0) levels[column] = tail(Math.ceil(behind / head));
  }
  return levels;
}

function tail(steps: number): number {
  if (steps > TAIL_STEPS) return 0;
  return Math.round((BRIGHTEST * 0.6 * (TAIL_STEPS + 1 - steps)) / TAIL_STEPS / 16) * 16;
}
