/** While the server has not answered; `reason` says why not. */
export const WaitingPage = ({ reason }: { readonly reason?: string }) => (
  <main class="page">
    {reason !== undefined && (
      <section class="card" role="status">
        <h1>The server is away</h1>
        <p>{reason} This page asks again every two seconds.</p>
      </section>
    )}
  </main>
);
