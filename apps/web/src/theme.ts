const STORED_AS = 'pinhole.theme';

const apply = (theme: string | null): void => {
  if (theme === 'light' || theme === 'dark') document.documentElement.dataset['theme'] = theme;
};

/** Shows the theme this browser chose last; without a choice the system's. */
export const restoreTheme = (): void => apply(localStorage.getItem(STORED_AS));

/** Changes between dark and light, and keeps the choice. */
export function toggleTheme(): void {
  const current =
    document.documentElement.dataset['theme'] ??
    (matchMedia('(prefers-color-scheme: light)').matches ? 'light' : 'dark');
  const other = current === 'light' ? 'dark' : 'light';
  localStorage.setItem(STORED_AS, other);
  apply(other);
}
