import { useState } from 'preact/hooks';
import { signIn, tokenIn } from '../session/token.ts';

/** Asks for the link or token of this server; `refused` says why the one at hand is no longer good. */
export function LoginPage({ refused }: { readonly refused?: string | undefined }) {
  const [fault, setFault] = useState(refused);

  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    const pasted = new FormData(event.currentTarget as HTMLFormElement).get('link');
    const found = tokenIn(typeof pasted === 'string' ? pasted : '');
    if (found === undefined)
      setFault('There is no token in this. Copy the whole line that starts with http.');
    else signIn(found);
  };

  return (
    <main class="page">
      <section class="card">
        <img src="/pinhole.svg" alt="" />
        <h1>Pinhole</h1>
        <p>Paste the link that the server printed when it started, or a token that somebody gave you.</p>
        <form onSubmit={submit}>
          <label>
            Link or token
            <input name="link" type="password" autocomplete="current-password" required spellcheck={false} />
          </label>
          {fault !== undefined && (
            <p class="fault" role="alert">
              {fault}
            </p>
          )}
          <button type="submit" class="button">
            Watch
          </button>
        </form>
      </section>
    </main>
  );
}
