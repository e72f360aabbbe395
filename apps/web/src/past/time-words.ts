/** The time of day, to the second. */
export const clockOf = (atMs: number): string => new Date(atMs).toLocaleTimeString();

/** The time of day to the hundredth of a second, for single pictures. */
export const exactClockOf = (atMs: number): string =>
  new Date(atMs).toLocaleTimeString(undefined, {
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    fractionalSecondDigits: 2,
  } as Intl.DateTimeFormatOptions);

/** Day and time. */
export const momentOf = (atMs: number): string =>
  `${new Date(atMs).toLocaleDateString(undefined, { weekday: 'short', day: 'numeric', month: 'short' })}, ${clockOf(atMs)}`;

/** Minutes and seconds, or hours: `1:02:03`. */
export function lengthOf(ms: number): string {
  const seconds = Math.round(Math.abs(ms) / 1000);
  const two = (value: number): string => String(value).padStart(2, '0');
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  const rest = two(seconds % 60);
  return hours > 0 ? `${hours}:${two(minutes)}:${rest}` : `${two(minutes)}:${rest}`;
}

/** How much, as people say it. */
export function sizeOf(bytes: number): string {
  if (bytes < 1e6) return `${Math.ceil(bytes / 1e3)} kB`;
  return bytes < 1e9 ? `${(bytes / 1e6).toFixed(1)} MB` : `${(bytes / 1e9).toFixed(2)} GB`;
}
