/** Why JPEG pictures cannot be shown on this page; `undefined` when they can. */
export const jpegProblem = (): string | undefined =>
  typeof createImageBitmap === 'undefined' ? 'This browser decodes no JPEG for a page.' : undefined;
