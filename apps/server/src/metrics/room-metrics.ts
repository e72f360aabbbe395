import type { RoomService } from '../rooms/room-service.ts';
import type { PrometheusText } from './prometheus.ts';

/** The figures of the signaling rooms. */
export function roomMetrics(text: PrometheusText, rooms: RoomService | undefined): void {
  if (rooms === undefined) return;
  text.gauge(
    'pinhole_rooms',
    'What there is in the signaling rooms now; clients are those of this server, the rest is of all that share them',
    Object.entries(rooms.gauges).map(([what, value]) => ({ labels: { what }, value: Number(value) })),
  );
}
