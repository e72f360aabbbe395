import type { PictureDelivery } from '@pinhole/client';

const PICTURES = {
  all: 'all pictures',
  reference: 'every picture that no other needs left out',
  keys: 'key pictures alone',
} as const;

const WHY = {
  queue: 'network slow',
  loss: 'network loses packets',
  estimate: 'network slow, as the browser says',
} as const;

/** What of the picture is sent, for people; undefined while that is all of it. */
export function deliveryInWords(delivery: PictureDelivery | undefined): string | undefined {
  if (!delivery) return undefined;
  const { stream, pictures, why } = delivery;
  const small = stream === 'sub' ? 'small stream' : undefined;
  const parts = [small, small && pictures === 'all' ? undefined : PICTURES[pictures]].filter(
    (part) => part !== undefined,
  );
  return `${why === undefined ? '' : `${WHY[why]}: `}${parts.join(', ')}`;
}
