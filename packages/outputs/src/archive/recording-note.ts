import { micros } from '@pinhole/core';
import type { OnDemand } from './recorded-file.ts';

/**
 * Who asked for a recording, as the note in its header tells.
 * @returns nothing when nobody did, or the note is none of ours
 */
export function parseRecordingNote(note: Uint8Array | undefined): OnDemand | undefined {
  if (note === undefined) return undefined;
  try {
    const { by, at } = JSON.parse(new TextDecoder().decode(note)) as { by?: unknown; at?: unknown };
    return typeof by === 'string' && typeof at === 'number' ? { by, at: micros(at) } : undefined;
  } catch {
    // Other programs may leave notes, too.
    return undefined;
  }
}
