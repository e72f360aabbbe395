import type { LiveCamera } from '../live-player-hook.ts';
import { TRANSPORT_NAMES } from '../view/picture-ways.ts';
import { deliveryInWords } from './delivery-in-words.ts';
import { LatencyChart } from './latency-chart.tsx';

const PLAYER_NAMES = {
  native: 'video element',
  webcodecs: 'WebCodecs',
  mse: 'Media Source',
  jpeg: 'JPEG',
} as const;

/** Delay and statistics of one camera, and a button that copies them for a report. */
export const StatsPanel = ({
  live,
  onCopied,
}: {
  readonly live: LiveCamera;
  readonly onCopied: () => void;
}) => {
  const stats = live.stats.value;
  const latency = live.latency.value;
  const rows: readonly (readonly [string, string | undefined])[] = [
    ['Delay, median', inMs(latency?.p50Ms)],
    ['Delay, 95 of 100', inMs(latency?.p95Ms)],
    ['Clocks agree to', latency && `± ${latency.confidenceMs.toFixed(1)} ms`],
    ['Carried by', stats && `${TRANSPORT_NAMES[stats.transport]}, ${PLAYER_NAMES[stats.player]}`],
    ['Codec', stats?.codec],
    ['Picture', stats?.width === undefined ? undefined : `${stats.width} × ${stats.height}`],
    ['Frames painted', stats && `${stats.framesPerSecond.painted} a second`],
    ['Frames received', stats && `${stats.framesPerSecond.received} a second`],
    ['Frames dropped', stats && `${stats.framesPerSecond.dropped} a second`],
    ['Bit rate', stats && `${(stats.bitrateKbps / 1000).toFixed(2)} Mbit/s`],
    ['Sent', deliveryInWords(stats?.delivery, stats?.deliveryCounts)],
    ['Packets lost', stats?.loss === undefined ? undefined : `${(stats.loss * 100).toFixed(1)} %`],
    ['Round trip', inMs(stats?.roundTripMs)],
    ['Buffer', inMs(stats?.bufferMs)],
    ['First frame after', inMs(stats?.firstFrameMs)],
    ['Freezes', stats && String(stats.freezeCount)],
    ['Network path', stats?.candidates],
    ['Decoder', stats?.decoder],
  ];
  const known = rows.filter((row): row is readonly [string, string] => row[1] !== undefined);

  const copy = (): void => {
    const report = {
      state: live.state.value,
      latency,
      stats,
      browser: navigator.userAgent,
      at: new Date().toISOString(),
    };
    void navigator.clipboard.writeText(JSON.stringify(report, undefined, 2)).then(onCopied);
  };

  return (
    <aside class="panel" aria-label="Delay and statistics">
      <h2>Delay, last two minutes</h2>
      <LatencyChart latency={live.latency} />
      {known.length === 0 ? (
        <p class="quiet">No frame came yet.</p>
      ) : (
        <dl>
          {known.map(([name, value]) => (
            <>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </>
          ))}
        </dl>
      )}
      {isSecureContext && (
        <button type="button" class="button" onClick={copy}>
          Copy for a report
        </button>
      )}
    </aside>
  );
};

const inMs = (value: number | undefined): string | undefined =>
  value === undefined ? undefined : `${Math.round(value)} ms`;
