/** Line drawings on a 24×24 grid. */
const PATHS = {
  back: 'M15 5l-7 7 7 7',
  camera: 'M4 8h3l2-3h6l2 3h3v11H4zM12 16.5a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7z',
  chart: 'M4 19V5M4 19h16M8 15l3-4 3 2 5-7',
  expand: 'M4 9V4h5M20 9V4h-5M4 15v5h5M20 15v5h-5',
  calendar: 'M4 6h16v14H4zM4 10h16M8 3v5M16 3v5',
  download: 'M12 4v11M7 10.5l5 5 5-5M5 20h14',
  frameBack: 'M15 6l-7 6 7 6z',
  frameForward: 'M9 6l7 6-7 6z',
  help: 'M9.5 9a2.5 2.5 0 1 1 3.6 2.2c-.8.4-1.1 1-1.1 1.8v.5M12 17v.1M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18z',
  flip: 'M4 12a8 8 0 0 1 14-5.3L20 9M20 4v5h-5M20 12a8 8 0 0 1-14 5.3L4 15M4 20v-5h5',
  keyBack: 'M6 6v12M18 6l-8 6 8 6z',
  keyForward: 'M18 6v12M6 6l8 6-8 6z',
  leave: 'M14 4h5v16h-5M10 8l-4 4 4 4M6 12h9',
  list: 'M4 6h1M9 6h11M4 12h1M9 12h11M4 18h1M9 18h11',
  markIn: 'M10 5H6v14h4M11 12h8M15 8l4 4-4 4',
  markOut: 'M14 5h4v14h-4M5 12h8M9 8l4 4-4 4',
  microphone: 'M12 15a3 3 0 0 0 3-3V6a3 3 0 0 0-6 0v6a3 3 0 0 0 3 3zM6 12a6 6 0 0 0 12 0M12 18v3',
  microphoneOff:
    'M12 15a3 3 0 0 0 3-3V6a3 3 0 0 0-6 0v6a3 3 0 0 0 3 3zM6 12a6 6 0 0 0 12 0M12 18v3M4 3l16 17',
  overlay: 'M3 5h18v14H3zM9 5v14M15 5v14M3 9.7h18M3 14.3h18',
  pause: 'M8 5v14M16 5v14',
  pictureInPicture: 'M3 5h18v14H3zM12 12h7v5h-7z',
  play: 'M7 5l12 7-12 7z',
  publish: 'M3 7h12v10H3zM15 11l6-3v8l-6-3',
  record: 'M12 18a6 6 0 1 0 0-12 6 6 0 0 0 0 12z',
  remove: 'M6 6l12 12M18 6L6 18',
  reset: 'M5 12a7 7 0 1 0 2.3-5.2M5 4v4h4',
  rooms: 'M4 4h7v7H4zM13 4h7v7h-7zM4 13h7v7H4zM13 13h7v7h-7z',
  saveLast: 'M4 12a8 8 0 1 0 2.5-5.8M4 3v4.5h4.5M12 8v4.5l3 2',
  speaker: 'M4 9h4l5-4v14l-5-4H4zM16 9a4 4 0 0 1 0 6M18.5 6.5a8 8 0 0 1 0 11',
  speakerOff: 'M4 9h4l5-4v14l-5-4H4zM17 9l5 6M22 9l-5 6',
  sliders: 'M4 7h9M17 7h3M15 5v4M4 12h3M11 12h9M9 10v4M4 17h11M19 17h1M17 15v4',
  theme: 'M12 3a9 9 0 1 0 0 18zM12 3a9 9 0 0 1 0 18',
  trash: 'M5 7h14M10 4h4M7 7l1 13h8l1-13M10 11v5M14 11v5',
} as const;

/** The names of the drawings. */
export type IconName = keyof typeof PATHS;

/** A drawing beside or instead of words; the element around it carries the name for those who cannot see it. */
export const Icon = ({ name }: { readonly name: IconName }) => (
  <svg viewBox="0 0 24 24" aria-hidden="true">
    <path d={PATHS[name]} />
  </svg>
);
