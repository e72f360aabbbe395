import {
  encodeQueryFileResponse,
  type FileQuery,
  type SpokenEncoding,
  serializeLegacyMetadata,
} from '@pinhole/protocol/picamera';
import type { VideoEntry, VideoLibrary } from './library/video-library.ts';
import { memoryBody, type TransferBody } from './transfer/transfer-body.ts';

/** One entry as a generation writes it: each is a transfer of its own. */
async function entryBody(
  entry: VideoEntry,
  options: { readonly library: VideoLibrary; readonly encoding: SpokenEncoding; readonly mode: number },
): Promise<TransferBody> {
  const { library, encoding, mode } = options;
  const picture = await library.thumbnail(entry);
  const image =
    picture === undefined ? '' : `data:image/jpeg;base64,${Buffer.from(picture).toString('base64')}`;
  const { path, durationSeconds } = entry;
  return memoryBody(
    encoding === 'legacy'
      ? serializeLegacyMetadata({ duration: durationSeconds, image, path })
      : encodeQueryFileResponse({
          files: [{ filepath: path, durationSec: durationSeconds, thumbnail: image }],
          mode,
        }),
  );
}

/**
 * Answers to a query, one transfer a video, the newest first.
 * @param options.empty what a viewer is told when there is none: nothing at all, or a list without entries
 */
export async function* queryBodies(
  query: FileQuery,
  options: {
    readonly library: VideoLibrary;
    readonly encoding: SpokenEncoding;
    readonly empty: 'silence' | 'empty-list';
    /** The query cannot be answered; it is told as one that finds nothing. */
    readonly refused: (thrown: unknown) => void;
  },
): AsyncGenerator<TransferBody, void, void> {
  const { library, encoding, empty, refused } = options;
  const { mode } = query;
  let entries: readonly VideoEntry[] = [];
  try {
    entries = await library.find(query);
  } catch (thrown) {
    refused(thrown);
  }
  for (const entry of entries) yield await entryBody(entry, { library, encoding, mode });
  if (entries.length === 0 && empty === 'empty-list')
    yield memoryBody(encodeQueryFileResponse({ files: [], mode }));
}
