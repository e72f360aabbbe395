/**
 * A page as somebody writes it by the guide of µStreamer, with scripts and no bundler; it calls what that calls. The server is
 * named behind the `?`.
 */
export const PLAIN_PAGE = `<!doctype html>
<meta charset="utf-8">
<title>Plain</title>
<script src="/adapter.js"></script>
<script src="janus.js"></script>
<video id="shown" autoplay playsinline muted></video>
<script>
  let handle = null;
  const ask = () => handle.send({ message: { request: 'watch' } });
  function answer(offer) {
    handle.createAnswer({
      jsep: offer,
      media: { audioSend: false, videoSend: false },
      success: (mine) => handle.send({ message: { request: 'start' }, jsep: mine }),
      error: console.error,
    });
  }
  Janus.init({ debug: true, dependencies: Janus.useDefaultDependencies() });
  const janus = new Janus({
    server: decodeURIComponent(location.search.slice(1)),
    error: console.error,
    success: () =>
      janus.attach({
        plugin: 'janus.plugin.ustreamer',
        error: console.error,
        success(attached) {
          handle = attached;
          ask();
        },
        onmessage(message, offer) {
          if (message.error_code === 503) ask();
          else if (offer) answer(offer);
        },
        onremotetrack(track, mid, isAdded) {
          if (!isAdded) return;
          const stream = new MediaStream();
          stream.addTrack(track.clone());
          document.getElementById('shown').srcObject = stream;
        },
      }),
  });
</script>
`;
