/** Automatic ones first: what they hold can be set only after they let go. */
const FIRST =
  /^(?:auto_exposure|exposure_auto|white_balance_(?:automatic|temperature_auto)|focus_auto(?:matic_continuous)?)$/;

/** The values in an order in which a camera takes them all. */
export const inOrder = (values: ReadonlyMap<string, number>): ReadonlyMap<string, number> =>
  new Map([...values].sort(([a], [b]) => Number(FIRST.test(b)) - Number(FIRST.test(a))));
