import { micros } from '@pinhole/core';
import { checkedLine, checkedLinesOf } from './checked-lines.ts';
import type { FileState, RecordedAudio, RecordedFile, RecordedVideo } from './recorded-file.ts';
import { HOUR_FOLDER } from './recording-path.ts';

/** One line of the index. */
export type IndexRecord =
  | { readonly kind: 'put'; readonly file: RecordedFile }
  | { readonly kind: 'gone'; readonly path: string }
  /** This folder was last changed then, and all that was in it stands above. */
  | { readonly kind: 'folder'; readonly folder: string; readonly changedMs: number };

/** What an index says, and how much of it could be read. */
export interface IndexContent {
  readonly files: ReadonlyMap<string, RecordedFile>;
  /** When each hour's folder was last changed, as it was when its files were looked at. */
  readonly folders: ReadonlyMap<string, number>;
  /** Lines read. */
  readonly records: number;
  /** Lines that are damaged. What they said is not known, so no folder can be trusted. */
  readonly damaged: number;
  /** Where the last whole line ends; what lies behind was being written when the power went. */
  readonly sizeBytes: number;
}

/** The first line: what this file is. */
const INDEX_HEADER = '{"pinhole":"index of recordings","version":1}';

/** A record as a line. */
export function serializeIndexRecord(record: IndexRecord): string {
  return checkedLine(JSON.stringify(compact(record)));
}

/** The line of a fresh index. */
export const headerLine = (): string => checkedLine(INDEX_HEADER);

/** Reads an index, whatever its bytes. @returns nothing when it is not ours at all: another version, or its head is gone. */
export function parseIndex(bytes: Uint8Array): IndexContent | undefined {
  const files = new Map<string, RecordedFile>();
  const folders = new Map<string, number>();
  let records = -1;
  let damaged = 0;
  let sizeBytes = 0;
  for (const { text, end } of checkedLinesOf(bytes)) {
    sizeBytes = end;
    records++;
    if (records === 0) {
      if (text !== INDEX_HEADER) return undefined;
      continue;
    }
    const record = text === undefined ? undefined : expand(text);
    if (record === undefined) damaged++;
    else if (record.kind === 'put') files.set(record.file.path, record.file);
    else if (record.kind === 'gone') files.delete(record.path);
    else folders.set(record.folder, record.changedMs);
  }
  return records === -1 ? undefined : { files, folders, records, damaged, sizeBytes };
}

interface CompactFile {
  readonly p: string;
  readonly s: number;
  readonly e: number;
  readonly b: number;
  readonly t: FileState;
  readonly l?: 'f' | 'p';
  readonly v?: readonly [string, number, number];
  readonly a?: readonly [string, number, number];
  readonly d?: readonly [string, number];
  readonly j?: 1;
}

function compact(record: IndexRecord): object {
  if (record.kind === 'gone') return { x: record.path };
  if (record.kind === 'folder') return { f: record.folder, m: record.changedMs };
  const { path, startTime, endTime, sizeBytes, state, layout, video, audio, onDemand, thumbnail } =
    record.file;
  const compacted: CompactFile = {
    p: path,
    s: startTime,
    e: endTime,
    b: sizeBytes,
    t: state,
    ...(layout && { l: layout === 'fragmented' ? 'f' : 'p' }),
    ...(video && { v: [video.codec, video.width, video.height] }),
    ...(audio && { a: [audio.codec, audio.sampleRate, audio.channels] }),
    ...(onDemand && { d: [onDemand.by, onDemand.at] }),
    ...(thumbnail && { j: 1 }),
  };
  return compacted;
}

// The sum says that the line is as we wrote it; what is checked here is that a version of ours wrote it.
function expand(text: string): IndexRecord | undefined {
  const line = JSON.parse(text) as Partial<CompactFile> & { x?: string; f?: string; m?: number };
  if (typeof line.x === 'string') return { kind: 'gone', path: line.x };
  if (typeof line.f === 'string' && typeof line.m === 'number') {
    return HOUR_FOLDER.test(line.f) ? { kind: 'folder', folder: line.f, changedMs: line.m } : undefined;
  }
  const { p, s, e, b, t, l, v, a, d, j } = line;
  if (p === undefined || s === undefined || e === undefined || b === undefined || t === undefined)
    return undefined;
  return {
    kind: 'put',
    file: {
      path: p,
      startTime: micros(s),
      endTime: micros(e),
      sizeBytes: b,
      state: t,
      ...(l && { layout: l === 'f' ? 'fragmented' : 'progressive' }),
      ...(v && { video: shared<RecordedVideo>({ codec: v[0], width: v[1], height: v[2] }) }),
      ...(a && { audio: shared<RecordedAudio>({ codec: a[0], sampleRate: a[1], channels: a[2] }) }),
      ...(d && { onDemand: { by: d[0], at: micros(d[1]) } }),
      thumbnail: j === 1,
    },
  };
}

const MOST_SHARED = 256;
const known = new Map<string, object>();

/** One object for all files that say the same: a library has a hundred thousand files and two or three sizes. */
export function shared<T extends object>(parameters: T): T {
  const key = JSON.stringify(parameters);
  const same = known.get(key);
  if (same !== undefined) return same as T;
  if (known.size >= MOST_SHARED) known.clear();
  known.set(key, parameters);
  return parameters;
}
