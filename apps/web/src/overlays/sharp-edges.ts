/** Red, green, blue, 0 to 255. */
export type Rgb = readonly [red: number, green: number, blue: number];

/** How sharp edges are marked. */
export interface EdgeOptions {
  readonly width: number;
  readonly height: number;
  /** Of the Laplacian of brightness (0 black, 1 white): four times a point less its four neighbours. */
  readonly threshold: number;
  readonly colour: Rgb;
}

/**
 * Marks where a picture is sharp.
 * @param rgba the picture; not changed
 * @param marks as large as `rgba`: sharp points get the colour, all others become transparent
 */
export function markSharpEdges(
  rgba: Uint8ClampedArray,
  marks: Uint8ClampedArray,
  options: EdgeOptions,
): void {
  const { width, height, threshold, colour } = options;
  const [red, green, blue] = colour;
  const luma = new Float32Array(width * height);
  for (let i = 0; i < luma.length; i++) luma[i] = brightness(rgba, i * 4);
  const at = (x: number, y: number): number =>
    luma[Math.min(height - 1, Math.max(0, y)) * width + Math.min(width - 1, Math.max(0, x))] ?? 0;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const laplacian = 4 * at(x, y) - at(x - 1, y) - at(x + 1, y) - at(x, y - 1) - at(x, y + 1);
      const place = (y * width + x) * 4;
      const sharp = Math.abs(laplacian) > threshold;
      marks[place] = red;
      marks[place + 1] = green;
      marks[place + 2] = blue;
      marks[place + 3] = sharp ? 255 : 0;
    }
  }
}

/** ITU-R BT.709, 0 to 1. */
const brightness = (rgba: Uint8ClampedArray, place: number): number =>
  (0.2126 * (rgba[place] ?? 0) + 0.7152 * (rgba[place + 1] ?? 0) + 0.0722 * (rgba[place + 2] ?? 0)) / 255;

/** `#rrggbb` in numbers. */
export const rgbOf = (colour: string): Rgb => {
  const bits = Number.parseInt(colour.slice(1), 16);
  return [(bits >> 16) & 255, (bits >> 8) & 255, bits & 255];
};
