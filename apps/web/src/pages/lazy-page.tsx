import type { FunctionComponent } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { WaitingPage } from './waiting-page.tsx';

/** A page that is fetched when somebody goes there: those who do not, do not pay for it. */
export function lazyPage<Props extends object>(
  load: () => Promise<FunctionComponent<Props>>,
): FunctionComponent<Props> {
  return function LazyPage(props: Props) {
    const [loaded, setLoaded] = useState<{ readonly Page: FunctionComponent<Props> }>();
    const [failed, setFailed] = useState(false);
    useEffect(() => {
      load().then(
        (Page) => setLoaded({ Page }),
        () => setFailed(true),
      );
    }, []);
    if (loaded) return <loaded.Page {...props} />;
    return failed ? <NotLoaded /> : <WaitingPage />;
  };
}

/** The server is away; or it was updated, and the files that this page knows of are gone. */
const NotLoaded = () => (
  <main class="page">
    <section class="card" role="alert">
      <h1>This page did not load</h1>
      <p>The server did not send it; it may have been updated meanwhile.</p>
      <button type="button" class="button" onClick={() => location.reload()}>
        Load again
      </button>
    </section>
  </main>
);
