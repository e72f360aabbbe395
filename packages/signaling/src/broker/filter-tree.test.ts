import { topicMatches } from '@pinhole/mqtt';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { FilterTree } from './filter-tree.ts';

const level = fc.constantFrom('a', 'b', '', '$SYS', 'sdp');
const topic = fc.array(level, { minLength: 1, maxLength: 5 }).map((levels) => levels.join('/'));
const filter = fc
  .tuple(fc.array(fc.oneof(level, fc.constant('+')), { minLength: 1, maxLength: 5 }), fc.boolean())
  .map(([levels, rest]) => [...levels, ...(rest ? ['#'] : [])].join('/'));
const OPTIONS = { qos: 0, noLocal: false, retainAsPublished: false, identifier: undefined } as const;

it('finds exactly the subscriptions whose filters cover a topic, and forgets all that are removed', () => {
  fc.assert(
    fc.property(fc.uniqueArray(filter, { maxLength: 20 }), topic, (filters, name) => {
      const tree = new FilterTree();
      const ports = filters.map((text) => ({ clientId: text, deliver: () => {} }));
      for (const port of ports) expect(tree.add(port.clientId, port, OPTIONS)).toBe(true);
      const found: string[] = [];

      tree.match(name, ({ clientId }) => found.push(clientId));

      expect(found.toSorted()).toEqual(filters.filter((text) => topicMatches(text, name)).toSorted());
      for (const port of ports) {
        expect(tree.remove(port.clientId, port)).toBe(true);
        expect(tree.remove(port.clientId, port)).toBe(false);
      }
      expect(tree.size).toBe(0);
      tree.match(name, () => expect.unreachable());
    }),
    { numRuns: 500 },
  );
});
