import { useLayoutEffect } from 'preact/hooks';

/**
 * What keys do on a page: a key as `KeyboardEvent.key` names it, in lower case, to an action. With `shift+` before it, it is
 * meant together with that key, where it is no other character then.
 */
export type KeyMap = Readonly<Record<string, () => void>>;

/** Answers keys while the component is on the page; keys typed into a field, or with a modifier, are not ours. */
export function useKeys(keys: KeyMap): void {
  // Before the page is painted: a key pressed as soon as it shows is answered.
  useLayoutEffect(() => {
    const answer = (event: KeyboardEvent): void => {
      if (event.ctrlKey || event.altKey || event.metaKey) return;
      if (isField(event.target) || document.querySelector('dialog[open]')) return;
      const key = event.key.toLowerCase();
      const action = (event.shiftKey ? keys[`shift+${key}`] : undefined) ?? keys[key];
      // A button that has the focus is pressed by this key.
      if (!action || (key === ' ' && event.target instanceof HTMLButtonElement)) return;
      event.preventDefault();
      action();
    };
    addEventListener('keydown', answer);
    return () => removeEventListener('keydown', answer);
  });
}

/** Where keys have a meaning of their own. */
const isField = (target: EventTarget | null): boolean =>
  target instanceof HTMLInputElement ? target.type !== 'checkbox' : target instanceof HTMLSelectElement;
