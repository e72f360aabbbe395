import { signal } from '@preact/signals';

const message = signal<string | undefined>(undefined);
let timer: ReturnType<typeof setTimeout> | undefined;

/** Says something for a few seconds. */
export function say(words: string): void {
  message.value = words;
  clearTimeout(timer);
  timer = setTimeout(() => {
    message.value = undefined;
  }, 4000);
}

/** Where `say` is heard. */
export const Toast = () => (
  <output aria-live="polite">
    {message.value !== undefined && <span class="toast">{message.value}</span>}
  </output>
);
