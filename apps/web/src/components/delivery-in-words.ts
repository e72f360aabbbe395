import type { DeliveryCounts, PictureDelivery } from '@pinhole/client';

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

/** What of the picture is sent, and how much was decided about that, for people; undefined while it was always all. */
export function deliveryInWords(
  delivery: PictureDelivery | undefined,
  counts: DeliveryCounts | undefined,
): string | undefined {
  if (!counts) return delivery && stateInWords(delivery);
  return `${delivery ? stateInWords(delivery) : PICTURES.all} · ${countsInWords(counts)}`;
}

function stateInWords({ stream, pictures, why }: PictureDelivery): string {
  const small = stream === 'sub' ? 'small stream' : undefined;
  const parts = [small, small && pictures === 'all' ? undefined : PICTURES[pictures]].filter(
    (part) => part !== undefined,
  );
  return `${why === undefined ? '' : `${WHY[why]}: `}${parts.join(', ')}`;
}

function countsInWords({ changes, leftOut, subRefusals }: DeliveryCounts): string {
  const parts = [
    counted(changes, 'change'),
    `${counted(leftOut, 'picture')} left out`,
    ...(subRefusals > 0 ? [`small stream not usable ${counted(subRefusals, 'time')}`] : []),
  ];
  return parts.join(', ');
}

const counted = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`;
