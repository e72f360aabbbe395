import type { Micros } from '@pinhole/core';

/** The tree that a file lies in. */
export type RecordingTree = 'background' | 'on-demand';

/** Who wanted a recording, and when. */
export interface RecordingStarter {
  /** Names this start, to be stopped by. */
  readonly id: string;
  /** As the access control knows them, for people. */
  readonly who: string;
  /** UTC. */
  readonly since: Micros;
  readonly reason?: string;
  /** When it ends by itself; UTC. */
  readonly until?: Micros;
}

/** What a file tells of itself, in `moov/udta/uuid` as JSON. */
export interface RecordingNote {
  readonly version: 1;
  readonly camera: string;
  readonly tree: RecordingTree;
  /** Who had asked for it when the file began; nobody for what runs in the background. Times are ISO 8601, UTC. */
  readonly by: readonly { readonly who: string; readonly since: string; readonly reason?: string }[];
}

const LONGEST_NOTE_BYTES = 64 * 1024;

/** Writes a note. */
export function serializeRecordingNote({
  camera,
  tree,
  by,
}: {
  readonly camera: string;
  readonly tree: RecordingTree;
  readonly by: readonly RecordingStarter[];
}): Uint8Array {
  const note: RecordingNote = {
    version: 1,
    camera,
    tree,
    by: by.map(({ who, since, reason }) => ({
      who,
      since: new Date(since / 1000).toISOString(),
      ...(reason !== undefined && { reason }),
    })),
  };
  return new TextEncoder().encode(JSON.stringify(note));
}

/**
 * Reads what `parseMovie` gives as the note of a file.
 * @returns undefined for anything that is no note of ours: files come from anywhere
 */
export function parseRecordingNote(bytes: Uint8Array | undefined): RecordingNote | undefined {
  if (bytes === undefined || bytes.byteLength > LONGEST_NOTE_BYTES) return undefined;
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(bytes));
    if (!isRecord(value) || value['version'] !== 1) return undefined;
    const { camera, tree, by } = value;
    if (typeof camera !== 'string' || (tree !== 'background' && tree !== 'on-demand') || !Array.isArray(by)) {
      return undefined;
    }
    return { version: 1, camera, tree, by: by.flatMap(starterOf) };
  } catch {
    return undefined; // no JSON
  }
}

function starterOf(value: unknown): RecordingNote['by'] {
  if (!isRecord(value)) return [];
  const { who, since, reason } = value;
  if (typeof who !== 'string' || typeof since !== 'string') return [];
  return [{ who, since, ...(typeof reason === 'string' && { reason }) }];
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null;
