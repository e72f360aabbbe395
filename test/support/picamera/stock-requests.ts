import type { Generation } from './stock-options.ts';

/** What a page asks its device for. */
export type StockRequest =
  | { readonly kind: 'snapshot'; readonly quality: number }
  | { readonly kind: 'latest' }
  | { readonly kind: 'older'; readonly path: string }
  | { readonly kind: 'at'; readonly time: string }
  | { readonly kind: 'download'; readonly path: string }
  | { readonly kind: 'control'; readonly key: number; readonly value: number }
  | { readonly kind: 'record'; readonly action: 'start' | 'stop' };

/** A request as a client of a generation writes it; of the first one as text, which knows no recording on demand. */
export const stockRequest = (generation: Generation, request: StockRequest): string | readonly number[] =>
  generation === 'a' ? legacy(request) : packet(request);

function legacy(request: StockRequest): string {
  const frame = (type: number, message: string): string => JSON.stringify({ type, message });
  const query = (command: number, message: string): string => frame(2, JSON.stringify({ command, message }));
  switch (request.kind) {
    case 'snapshot':
      return frame(1, String(request.quality));
    case 'latest':
      return query(0, '');
    case 'older':
      return query(1, request.path);
    case 'at':
      return query(2, request.time);
    case 'download':
      return frame(3, request.path);
    case 'control':
      return frame(4, JSON.stringify({ key: request.key, value: request.value }));
    case 'record':
      throw new Error('generation A does not record on demand');
  }
}

function packet(request: StockRequest): readonly number[] {
  switch (request.kind) {
    case 'snapshot':
      return [0x08, 2, ...nested(4, [0x08, ...varint(request.quality)])];
    case 'latest':
      return [0x08, 3, ...nested(5, [])];
    case 'older':
      return [0x08, 3, ...nested(5, [0x08, 1, ...text(2, request.path)])];
    case 'at':
      return [0x08, 3, ...nested(5, [0x08, 2, ...text(2, request.time)])];
    case 'download':
      return [0x08, 4, ...nested(6, text(1, request.path))];
    case 'control':
      return [0x08, 1, ...nested(3, [0x08, ...varint(request.key), 0x10, ...varint(request.value)])];
    case 'record':
      return [0x08, request.action === 'start' ? 5 : 6];
  }
}

const nested = (field: number, bytes: readonly number[]): readonly number[] => [
  field * 8 + 2,
  ...varint(bytes.length),
  ...bytes,
];

const text = (field: number, words: string): readonly number[] =>
  nested(field, [...new TextEncoder().encode(words)]);

const varint = (value: number): readonly number[] =>
  value < 0x80 ? [value] : [(value % 0x80) + 0x80, ...varint(Math.floor(value / 0x80))];
