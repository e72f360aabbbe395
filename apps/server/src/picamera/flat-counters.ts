/** Counters of counters, each by the names on the way to it: `{ refused: { right: 1 } }` is `refusedRight`. */
export function flatCounters(counters: object, prefix = ''): Record<string, number> {
  const flat: Record<string, number> = {};
  for (const [name, value] of Object.entries(counters) as [string, unknown][]) {
    const path = prefix === '' ? camel(name) : `${prefix}${capital(camel(name))}`;
    if (typeof value === 'number') flat[path] = value;
    else if (typeof value === 'object' && value !== null) Object.assign(flat, flatCounters(value, path));
  }
  return flat;
}

/** Adds `more` to `sum`, name by name. */
export function addCounters(sum: Record<string, number>, more: Readonly<Record<string, number>>): void {
  for (const [name, value] of Object.entries(more)) sum[name] = (sum[name] ?? 0) + value;
}

const capital = (name: string): string => name.charAt(0).toUpperCase() + name.slice(1);
const camel = (name: string): string =>
  name.replaceAll(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
