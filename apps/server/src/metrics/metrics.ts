import { type IntervalHistogram, monitorEventLoopDelay } from 'node:perf_hooks';
import type { Micros } from '@pinhole/core';
import type { Camera, Cameras, ViewerRegistry } from '@pinhole/engine';
import type { OwnedFanout } from '@pinhole/outputs/webrtc';
import type { SharedPort } from '@pinhole/webrtc';
import type { Authenticator } from '../auth/authenticator.ts';
import type { RateLimit } from '../http/rate-limit.ts';
import type { Refusals } from '../http/refusals.ts';
import type { SocketGuard } from '../http/socket-guard.ts';
import type { JanusService } from '../janus/janus-service.ts';
import type { MqttService } from '../mqtt/mqtt-service.ts';
import type { Downloads } from '../recordings/downloads.ts';
import type { Recordings } from '../recordings/recordings.ts';
import type { RoomService } from '../rooms/room-service.ts';
import { fanoutMetrics } from './fanout-metrics.ts';
import { janusMetrics } from './janus-metrics.ts';
import { mqttMetrics } from './mqtt-metrics.ts';
import { PrometheusText, type Sample } from './prometheus.ts';
import { recordingMetrics } from './recording-metrics.ts';
import { roomMetrics } from './room-metrics.ts';
import { webrtcPortMetrics } from './webrtc-port-metrics.ts';

/** Where the figures come from. */
export interface MetricsSources {
  readonly cameras: Cameras;
  readonly viewers: ViewerRegistry;
  readonly sockets: SocketGuard;
  readonly writes: RateLimit;
  readonly refusals: Refusals;
  readonly authenticator: Authenticator;
  /** What happened in the outputs since the start, by output: each counter by its name. */
  readonly outputs: () => Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly recordings: Recordings;
  readonly downloads: Downloads;
  readonly rooms: RoomService | undefined;
  readonly janus: Pick<JanusService, 'gauges'>;
  readonly mqtt: Pick<MqttService, 'gauges'>;
  readonly fanout: Pick<OwnedFanout, 'name' | 'senders' | 'counters'>;
  /** The port of all WebRTC peers, where they share one. */
  readonly webrtcPort: Pick<SharedPort, 'port' | 'counters'> | undefined;
  readonly version: string;
  readonly now: () => Micros;
}

const STATES = ['idle', 'connecting', 'live', 'retrying', 'failed'] as const;
const NANOSECONDS = 1e9;

/** The figures of this server. */
export class Metrics {
  readonly #sources: MetricsSources;
  readonly #loopDelay: IntervalHistogram = monitorEventLoopDelay({ resolution: 10 });

  constructor(sources: MetricsSources) {
    this.#sources = sources;
  }

  /** Begins to measure the event loop; `close` ends it. */
  open(): void {
    this.#loopDelay.enable();
  }

  close(): void {
    this.#loopDelay.disable();
  }

  /** All of them, in the Prometheus text format. */
  text(): string {
    const text = new PrometheusText();
    this.#cameras(text);
    recordingMetrics(text, this.#sources);
    roomMetrics(text, this.#sources.rooms);
    janusMetrics(text, this.#sources.janus);
    mqttMetrics(text, this.#sources.mqtt);
    fanoutMetrics(text, this.#sources.fanout);
    webrtcPortMetrics(text, this.#sources.webrtcPort);
    this.#server(text);
    return text.toString();
  }

  #cameras(text: PrometheusText): void {
    const { viewers, now } = this.#sources;
    const cameras = this.#sources.cameras.list();
    const each = (value: (camera: Camera) => number | undefined): readonly Sample[] =>
      cameras.flatMap((camera) => {
        const known = value(camera);
        return known === undefined ? [] : [{ labels: { camera: camera.id }, value: known }];
      });
    const at = now();
    const causes = (camera: Camera): readonly (readonly [string, number])[] => {
      const { withoutPicture, beforeFirstKey, lostBySource } = camera.stream.counters;
      const readers = camera.stream.readerCounters;
      return [
        ['without-picture', withoutPicture],
        ['before-first-key', beforeFirstKey],
        ['lost-by-source', lostBySource],
        ['viewer-busy', readers.droppedBusy],
        ['viewer-until-key', readers.droppedUntilKey],
      ];
    };
    text
      .gauge(
        'pinhole_camera_frames_per_second',
        'Frames a second that came from the source lately',
        each((camera) => camera.stream.rate(at).framesPerSecond),
      )
      .gauge(
        'pinhole_camera_bits_per_second',
        'Bits a second that came from the source lately',
        each((camera) => camera.stream.rate(at).bitsPerSecond),
      )
      .counter(
        'pinhole_camera_frames_total',
        'Frames that came from the source',
        each((camera) => camera.stream.counters.units),
      )
      .counter(
        'pinhole_camera_bytes_total',
        'Bytes that came from the source',
        each((camera) => camera.stream.counters.bytes),
      )
      .counter(
        'pinhole_camera_pictures_total',
        'JPEG pictures that came from the source',
        each((camera) => (camera.description.jpeg ? camera.pictures.counters.pictures : undefined)),
      )
      .counter(
        'pinhole_camera_picture_bytes_total',
        'Bytes of JPEG pictures that came from the source',
        each((camera) => (camera.description.jpeg ? camera.pictures.counters.bytes : undefined)),
      )
      .gauge(
        'pinhole_camera_viewers',
        'Viewers now',
        each((camera) => viewers.count(camera.id)),
      )
      .counter(
        'pinhole_camera_drops_total',
        'Frames left out, by cause',
        cameras.flatMap((camera) =>
          causes(camera).map(([cause, value]) => ({ labels: { camera: camera.id, cause }, value })),
        ),
      )
      .counter(
        'pinhole_camera_malformed_nal_units_total',
        'NAL units that could not be read',
        each((camera) => camera.stream.counters.malformedNalUnits),
      )
      .counter(
        'pinhole_camera_key_frame_requests_total',
        'Wishes for a key frame: sent to the source, or answered by one already on its way',
        cameras.flatMap(({ id, stream: { counters } }) => [
          { labels: { camera: id, result: 'sent' }, value: counters.keyFrameRequests.sent },
          { labels: { camera: id, result: 'coalesced' }, value: counters.keyFrameRequests.coalesced },
        ]),
      )
      .counter(
        'pinhole_camera_control_changes_total',
        'Changes of controls: made, replaced by a later one before their turn, or failed',
        cameras.flatMap(({ id, controls: { counters } }) =>
          (['made', 'coalesced', 'failed'] as const).map((result) => ({
            labels: { camera: id, result },
            value: counters[result],
          })),
        ),
      )
      .gauge(
        'pinhole_camera_first_frame_seconds',
        'From the last start of the source to its first picture',
        each(({ firstFrameDelay }) => (firstFrameDelay === undefined ? undefined : firstFrameDelay / 1e6)),
      )
      .gauge(
        'pinhole_camera_state',
        'What the source is doing: 1 for the state it is in',
        cameras.flatMap(({ id, state }) =>
          STATES.map((kind) => ({ labels: { camera: id, state: kind }, value: state.kind === kind ? 1 : 0 })),
        ),
      );
  }

  #server(text: PrometheusText): void {
    const { viewers, sockets, writes, refusals, authenticator, outputs, version } = this.#sources;
    const single = (value: number): readonly Sample[] => [{ value }];
    const memory = process.memoryUsage();
    text
      .gauge('pinhole_version', 'Always 1; the label tells the version', [{ labels: { version }, value: 1 }])
      .counter(
        'pinhole_sessions_ended_total',
        'Viewers that are gone, by cause',
        [...viewers.ends].map(([cause, value]) => ({ labels: { cause }, value })),
      )
      .counter(
        'pinhole_output_events_total',
        'What happened in the outputs: frames sent and left out, viewers cut off, messages refused',
        Object.entries(outputs()).flatMap(([output, counters]) =>
          Object.entries(counters).map(([event, value]) => ({
            labels: { output, event: kebab(event) },
            value,
          })),
        ),
      )
      .counter('pinhole_sessions_refused_total', 'Viewers turned away by a limit', single(viewers.refused))
      .gauge('pinhole_sockets_open', 'TCP connections now', single(sockets.open))
      .gauge(
        'pinhole_sockets_unauthenticated',
        'TCP connections now that showed no token',
        single(sockets.strangers),
      )
      .counter(
        'pinhole_sockets_evicted_total',
        'TCP connections closed as too many showed no token',
        single(sockets.evicted),
      )
      .counter(
        'pinhole_requests_refused_total',
        'Requests answered with an error, by HTTP status; 408 for those that never finished',
        [...refusals.byStatus].map(([status, value]) => ({ labels: { status: String(status) }, value })),
      )
      .counter(
        'pinhole_requests_rate_limited_total',
        'Requests refused as too many came from one address',
        single(writes.refused),
      )
      .counter(
        'pinhole_auth_failures_total',
        'Wrong, malformed or expired tokens',
        single(authenticator.failed),
      )
      .gauge('pinhole_event_loop_delay_seconds', 'How late timers fire, since the last reading', [
        { labels: { quantile: '0.5' }, value: this.#loopDelay.percentile(50) / NANOSECONDS },
        { labels: { quantile: '0.99' }, value: this.#loopDelay.percentile(99) / NANOSECONDS },
      ])
      .gauge('process_resident_memory_bytes', 'Memory of the process', single(memory.rss))
      .gauge('nodejs_heap_used_bytes', 'Memory of the JavaScript heap in use', single(memory.heapUsed))
      .counter('process_cpu_seconds_total', 'CPU time of the process', single(cpuSeconds()))
      .gauge('process_start_time_seconds', 'When the process started', single(performance.timeOrigin / 1000));
    this.#loopDelay.reset();
  }
}

const cpuSeconds = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
};

const kebab = (name: string): string => name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
