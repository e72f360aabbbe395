import { expect, it } from 'vitest';
import { Negotiations } from './negotiations.ts';

it('a negotiation is forgotten once its session has ended and another begins', () => {
  const open = new Set(['a', 'b']);
  const negotiations = new Negotiations((id) => open.has(id));
  const negotiation = { entityTag: 'x', offered: { ufrag: 'abcd', pwd: 'p' }, offer: '', candidates: 0 };
  negotiations.add('a', negotiation);

  open.delete('a');
  negotiations.add('b', negotiation);

  expect(negotiations.size).toBe(1);
  expect(negotiations.get('a')).toBeUndefined();
  expect(negotiations.get('b')).toBe(negotiation);
});
