import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { codesIn, ROOT, readPage } from './markdown.ts';

const PAGE = 'docs/client.md';
const SOURCES = 'packages/client/src';
const { tables } = readPage(PAGE);

/** What stands in backticks in the first column of the tables under a heading. */
const documented = (heading: string): readonly string[] =>
  tables
    .filter((table) => table.heading === heading)
    .flatMap(({ rows }) => rows.flatMap((row) => codesIn(Object.values(row)[0] ?? '')))
    .map((code) => code.replace(/\(.*/, ''))
    .toSorted();

/** The text of a source file between two marks. */
function between(path: string, from: string, to: string): string {
  const text = readFileSync(join(ROOT, SOURCES, path), 'utf8');
  const start = text.indexOf(from);
  const end = text.indexOf(to, start + from.length);
  if (start === -1 || end === -1) throw new Error(`${path} has no "${from}" … "${to}"`);
  return text.slice(start + from.length, end);
}

/** Names of the members of a type, without those of types inside. */
const membersOf = (body: string): readonly string[] =>
  [...body.matchAll(/^ {2}readonly (\w+)\??:/gm)].map(([, name]) => name ?? '');

describe('the client page', () => {
  it('has every option', () => {
    const own = membersOf(between('live-player-options.ts', 'export type LivePlayerOptions', '\n};'));

    expect(documented('Options')).toEqual([...own, 'base', 'camera', 'transport', 'url'].toSorted());
  });

  it('has every member of the player', () => {
    const body = between('live-player.ts', 'export class LivePlayer', '\n}\n');
    const members = [...body.matchAll(/^ {2}(?:get |async )?([a-z]\w*)[<(]/gm)].map(([, name]) => name ?? '');

    expect(documented('Methods')).toEqual(members.filter((name) => name !== 'constructor').toSorted());
  });

  it('has every event', () => {
    const body = between('live-player-options.ts', 'export interface LivePlayerEvents', '\n}\n');

    expect(documented('Events')).toEqual(membersOf(body).toSorted());
  });

  it('has every field of the statistics', () => {
    const files = ['export interface StatsContext', 'export interface PlayerStats'];
    const fields = files.flatMap((from) => membersOf(between('player-stats.ts', from, '\n}\n')));

    expect(documented('Statistics')).toEqual(fields.toSorted());
  });

  it('has every attribute, variable and part of the element', () => {
    const element = readFileSync(join(ROOT, SOURCES, 'element/pinhole-camera.ts'), 'utf8');
    const style = readFileSync(join(ROOT, SOURCES, 'element/style.ts'), 'utf8');
    const observed = /observedAttributes = \[([^\]]+)\]/.exec(element)?.[1] ?? '';
    const attributes = [...observed.matchAll(/'(\w+)'/g)].map(([, name]) => name ?? '');
    const shown = [...style.matchAll(/:host\((?::not\()?\[(overlay|controls)\]/g)].map(
      ([, name]) => name ?? '',
    );
    const variables = [...style.matchAll(/--pinhole-[a-z-]+/g)].map(([name]) => name);
    const under = documented('`<pinhole-camera>`');

    expect(under.filter((name) => /^[a-z]/.test(name))).toEqual(
      [...new Set([...attributes, ...shown])].toSorted(),
    );
    expect(under.filter((name) => name.startsWith('--'))).toEqual([...new Set(variables)].toSorted());
  });

  it('says what the player says', () => {
    const states = readFileSync(join(ROOT, SOURCES, 'liveness/describe-state.ts'), 'utf8');
    const beforeActions = states.slice(0, states.indexOf('function actionOf'));
    const words = [...beforeActions.matchAll(/'([A-Z][^']+\.)'/g)].map(([, sentence]) => sentence ?? '');
    const page = readFileSync(join(ROOT, PAGE), 'utf8');

    expect(words.length).toBeGreaterThan(15);
    expect(words.filter((sentence) => sentence !== 'Live.' && !page.includes(`“${sentence}”`))).toEqual([]);
  });
});
