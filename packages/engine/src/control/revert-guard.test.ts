import { describe, expect, it } from 'vitest';
import { REVERTED } from './camera-controls.ts';
import { ann, bob, openControls, settle } from './fake-controls.ts';

describe('a risky change', () => {
  it('is taken back after ten seconds', async () => {
    const { controls, changes, guards, pass } = openControls();

    await controls.set('fps', 1, ann);
    expect(controls.unkept).toMatchObject({ by: 'ann', revertAt: 10e6 });
    expect([...(controls.unkept?.previous ?? [])]).toEqual([['fps', 30]]);
    await pass(9.9);
    expect(controls.get('fps').value).toBe(1);
    await pass(0.1);

    expect(controls.get('fps').value).toBe(30);
    expect(changes.at(-1)).toEqual({ id: 'fps', value: 30, by: REVERTED });
    expect(controls.unkept).toBeUndefined();
    expect(guards).toHaveLength(2);
  });

  it('stays when somebody keeps it', async () => {
    const { controls, pass } = openControls();
    await controls.set('fps', 1, ann);

    controls.keep();
    await pass(60);

    expect(controls.get('fps').value).toBe(1);
    expect(controls.unkept).toBeUndefined();
  });

  it('goes back at once when somebody says so', async () => {
    const { controls } = openControls();
    await controls.set('fps', 1, ann);

    await controls.revert();

    expect(controls.get('fps').value).toBe(30);
  });

  it('begins the time anew with each further one, and goes back to the very first', async () => {
    const { controls, pass } = openControls();
    await controls.set('fps', 20, ann);
    await pass(9);
    await controls.set('fps', 10, bob);
    await pass(9);
    expect(controls.get('fps').value).toBe(10);
    await pass(1);

    expect(controls.get('fps').value).toBe(30);
  });

  it('is none any more when the value is what it was', async () => {
    const { controls } = openControls();
    await controls.set('fps', 20, ann);

    await controls.set('fps', 30, ann);

    expect(controls.unkept).toBeUndefined();
  });

  it('needs no keeping when it was made to be kept', async () => {
    const { controls, pass } = openControls();
    await controls.set('fps', 20, ann);

    await controls.set('fps', 10, { by: 'ann', keep: true });
    expect(controls.unkept).toBeUndefined();
    await pass(60);

    expect(controls.get('fps').value).toBe(10);
  });

  it('by a preset or a reset is guarded too', async () => {
    const { controls, pass } = openControls();
    await controls.apply(new Map([['fps', 5]]), ann);
    expect(controls.unkept).toBeDefined();
    controls.keep();

    await controls.reset(undefined, ann);
    expect(controls.get('fps').value).toBe(30);
    await pass(10);

    expect(controls.get('fps').value).toBe(5);
  });

  it('that the camera will not take back is tried again, and given up in the end', async () => {
    const { source, controls, pass } = openControls();
    await controls.set('fps', 1, ann);
    source.refuses.add('fps 30');

    await pass(10);
    expect(controls.unkept?.revertAt).toBe(12e6);
    for (let i = 0; i < 20; i++) await pass(2);

    expect(controls.unkept).toBeUndefined();
    expect(source.calls.filter(([, value]) => value === 30)).toHaveLength(5);
  });

  it('is kept though the camera is just taking it back', async () => {
    const { source, controls, pass } = openControls();
    await controls.set('fps', 1, ann);
    source.held = [];
    await pass(10);

    controls.keep();
    source.answer();
    await settle();

    expect(controls.unkept).toBeUndefined();
  });
});
