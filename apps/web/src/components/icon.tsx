/** Line drawings on a 24×24 grid. */
const PATHS = {
  back: 'M15 5l-7 7 7 7',
  camera: 'M4 8h3l2-3h6l2 3h3v11H4zM12 16.5a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7z',
  chart: 'M4 19V5M4 19h16M8 15l3-4 3 2 5-7',
  expand: 'M4 9V4h5M20 9V4h-5M4 15v5h5M20 15v5h-5',
  help: 'M9.5 9a2.5 2.5 0 1 1 3.6 2.2c-.8.4-1.1 1-1.1 1.8v.5M12 17v.1M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18z',
  leave: 'M14 4h5v16h-5M10 8l-4 4 4 4M6 12h9',
  pictureInPicture: 'M3 5h18v14H3zM12 12h7v5h-7z',
  theme: 'M12 3a9 9 0 1 0 0 18zM12 3a9 9 0 0 1 0 18',
} as const;

/** The names of the drawings. */
export type IconName = keyof typeof PATHS;

/** A drawing beside or instead of words; the element around it carries the name for those who cannot see it. */
export const Icon = ({ name }: { readonly name: IconName }) => (
  <svg viewBox="0 0 24 24" aria-hidden="true">
    <path d={PATHS[name]} />
  </svg>
);
