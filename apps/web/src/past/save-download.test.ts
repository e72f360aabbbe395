import { afterEach, describe, expect, it, vi } from 'vitest';
import { type DownloadProgress, saveDownload } from './save-download.ts';

const CONTENT = Uint8Array.from({ length: 1_000 }, (_, i) => i % 251);
let saved: Blob | undefined;

/** A server that breaks off after so many bytes, answer by answer. */
function server(
  breaks: readonly number[],
  { etags = ['"a"'] }: { readonly etags?: readonly (string | null)[] } = {},
) {
  const asked: (number | undefined)[] = [];
  const open = (rest: { readonly from: number; readonly etag: string } | undefined): Promise<Response> => {
    const turn = asked.push(rest?.from) - 1;
    const etag = etags[Math.min(turn, etags.length - 1)] ?? null;
    const same = rest?.etag === etag;
    const content = same ? CONTENT.subarray(rest.from) : CONTENT;
    const body = new ReadableStream({
      start: (controller) => {
        const end = breaks[turn];
        controller.enqueue(content.slice(0, end));
        if (end === undefined) controller.close();
      },
      pull: (controller) => controller.error(new TypeError('network error')),
    });
    const headers = { 'content-length': String(content.byteLength), ...(etag !== null && { etag }) };
    return Promise.resolve(new Response(body, { status: same ? 206 : 200, headers }));
  };
  return { asked, download: { name: 'door.mp4', open } };
}

const stubPage = (): void => {
  vi.stubGlobal('document', { createElement: () => ({ click: () => {} }) });
  vi.stubGlobal('URL', {
    createObjectURL: (blob: Blob) => {
      saved = blob;
      return 'blob:';
    },
    revokeObjectURL: () => {},
  });
  vi.stubGlobal('setTimeout', (later: () => void) => queueMicrotask(later));
};

afterEach(() => {
  vi.unstubAllGlobals();
  saved = undefined;
});

const options = () => ({
  signal: new AbortController().signal,
  progress: vi.fn<(progress: DownloadProgress) => void>(),
});
const bytesSaved = async (): Promise<Uint8Array> => new Uint8Array((await saved?.arrayBuffer()) ?? []);

describe('a download', () => {
  it('goes on where the network broke', async () => {
    stubPage();
    const { asked, download } = server([300, 200]);
    const how = options();

    expect(await saveDownload(download, how)).toBe(true);

    expect(asked).toEqual([undefined, 300, 500]);
    expect(await bytesSaved()).toEqual(CONTENT);
    expect(how.progress).toHaveBeenLastCalledWith({ bytes: 1_000, totalBytes: 1_000 });
  });

  it('begins anew when the file is another one by now', async () => {
    stubPage();
    const { asked, download } = server([300], { etags: ['"a"', '"b"'] });

    await saveDownload(download, options());

    expect(asked).toEqual([undefined, 300]);
    expect(await bytesSaved()).toEqual(CONTENT);
  });

  it('of what is made while it is sent is not gone on with, and says so', async () => {
    stubPage();
    const { asked, download } = server([300], { etags: [null] });

    await expect(saveDownload(download, options())).rejects.toThrow('The download broke off. Try again.');

    expect(asked).toHaveLength(1);
    expect(saved).toBeUndefined();
  });

  it('is given up after some breaks', async () => {
    stubPage();
    const { asked, download } = server([10, 10, 10, 10, 10, 10, 10, 10]);

    await expect(saveDownload(download, options())).rejects.toThrow(/broke off 6 times/);

    expect(asked).toHaveLength(6);
  });

  it('goes to the disk where the browser lets it, and nowhere when nobody chose a place', async () => {
    stubPage();
    const written: number[] = [];
    const file = {
      write: (bytes: Uint8Array) => Promise.resolve(void written.push(...bytes)),
      close: vi.fn<() => Promise<void>>(() => Promise.resolve()),
      truncate: () => Promise.resolve(),
      seek: () => Promise.resolve(),
      abort: () => Promise.resolve(),
    };
    const pick = vi.fn<() => Promise<unknown>>(() =>
      Promise.resolve({ createWritable: () => Promise.resolve(file) }),
    );
    vi.stubGlobal('showSaveFilePicker', pick);

    expect(await saveDownload(server([]).download, options())).toBe(true);
    expect(Uint8Array.from(written)).toEqual(CONTENT);
    expect(file.close).toHaveBeenCalledOnce();
    expect(pick).toHaveBeenCalledWith({ suggestedName: 'door.mp4' });

    pick.mockRejectedValueOnce(new DOMException('no', 'AbortError'));
    expect(await saveDownload(server([]).download, options())).toBe(false);
  });
});
