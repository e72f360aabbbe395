const LISTEN_MS = 1500;

/** The loudest sample of the sound that an element's stream brings, from 0 to 1; 0 when there is none. */
export async function loudnessOf({ srcObject }: HTMLMediaElement): Promise<number> {
  const [track] = srcObject instanceof MediaStream ? srcObject.getAudioTracks() : [];
  if (!track) return 0;
  const context = new AudioContext();
  const analyser = context.createAnalyser();
  context.createMediaStreamSource(new MediaStream([track])).connect(analyser);
  const samples = new Float32Array(analyser.fftSize);
  let most = 0;
  for (const end = performance.now() + LISTEN_MS; performance.now() < end; ) {
    analyser.getFloatTimeDomainData(samples);
    most = samples.reduce((peak, sample) => Math.max(peak, Math.abs(sample)), most);
    await new Promise((later) => setTimeout(later, 20));
  }
  await context.close();
  return most;
}
