import { describe, it } from 'vitest';
import { findThirdParty } from './find-third-party.ts';
import { howToGet, type ThirdParty } from './third-party-list.ts';

const found = new Map<ThirdParty, string | undefined>();
const told = new Set<ThirdParty>();

/** Where a third party's program (or module) lies, or undefined where it is not installed. Looked up once a process. */
export function thirdParty(name: ThirdParty): string | undefined {
  if (!found.has(name)) found.set(name, findThirdParty(name));
  return found.get(name);
}

/**
 * Tests that need real third parties: `needs('chromium').describe('…', …)`. Where one is missing they are skipped with
 * one line that says which and how to get it.
 *
 * @throws {Error} where one is missing that must not be: with `CI=true`, or when `PINHOLE_REQUIRE` (a comma-separated
 *   list, or `all`) names it. The test file fails then.
 */
export function needs(...names: readonly ThirdParty[]): {
  readonly describe: typeof describe | typeof describe.skip;
  readonly it: typeof it | typeof it.skip;
} {
  const missing = names.filter((name) => thirdParty(name) === undefined);
  const required = missing.filter(isRequired);
  if (required.length > 0) throw new Error(required.map(howToGet).join('; '));
  for (const name of missing) {
    if (!told.has(name)) console.log(`skipped: ${howToGet(name)}`);
    told.add(name);
  }
  return missing.length === 0 ? { describe, it } : { describe: describe.skip, it: it.skip };
}

function isRequired(name: ThirdParty): boolean {
  const list = (process.env['PINHOLE_REQUIRE'] ?? '').split(',').map((part) => part.trim());
  const ci = process.env['CI'] ?? '';
  return !['', '0', 'false'].includes(ci) || list.includes('all') || list.includes(name);
}
