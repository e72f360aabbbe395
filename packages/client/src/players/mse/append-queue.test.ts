import { describe, expect, it } from 'vitest';
import { AppendQueue } from './append-queue.ts';
import { FakeSourceBuffer } from './fake-source-buffer.ts';

const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);

function rig(options: { roomToFree?: boolean } = {}) {
  const buffer = new FakeSourceBuffer();
  const failures: unknown[] = [];
  const state = { wantsMedia: true, updates: 0, freed: 0 };
  const queue = new AppendQueue({
    updated: () => state.updates++,
    failed: (thrown) => failures.push(thrown),
    makeRoom: () => {
      state.freed++;
      return options.roomToFree ?? false;
    },
    wantsMedia: () => state.wantsMedia,
  });
  return { queue, buffer, failures, state, use: () => queue.use(buffer as unknown as SourceBuffer) };
}

describe('AppendQueue', () => {
  it('keeps what comes before the buffer is there', () => {
    const { queue, buffer, use } = rig();
    queue.append(bytes(1));
    queue.append(bytes(2));

    use();

    expect(buffer.operations).toEqual(['append 1 2']);
  });

  it('runs one operation at a time, and joins appends that wait', () => {
    const { queue, buffer, use, state } = rig();
    use();
    queue.append(bytes(1));
    queue.append(bytes(2));
    queue.append(bytes(3));

    expect(buffer.operations).toEqual(['append 1']);
    buffer.finish();
    expect(buffer.operations).toEqual(['append 1', 'append 2 3']);
    expect(state.updates).toBe(1);
  });

  it('changes the type between what came before and after', () => {
    const { queue, buffer, use } = rig();
    use();
    queue.append(bytes(1));
    queue.append(bytes(2));
    queue.changeType('video/mp4; codecs="avc1.640015"');
    queue.append(bytes(3));

    buffer.finish();
    buffer.finish();

    expect(buffer.operations).toEqual([
      'append 1',
      'append 2',
      'type video/mp4; codecs="avc1.640015"',
      'append 3',
    ]);
  });

  it('appends nothing while a managed source wants no media', () => {
    const { queue, buffer, use, state } = rig();
    use();
    state.wantsMedia = false;
    queue.append(bytes(1));

    expect(buffer.operations).toEqual([]);
    state.wantsMedia = true;
    queue.resume();
    expect(buffer.operations).toEqual(['append 1']);
  });

  it('frees room when the quota is exceeded, and tries the same bytes again', () => {
    const { queue, buffer, use, failures, state } = rig({ roomToFree: true });
    use();
    buffer.refusal = new DOMException('full', 'QuotaExceededError');
    queue.append(bytes(1));

    buffer.finish();

    expect(state.freed).toBe(1);
    expect(buffer.operations).toEqual(['append 1']);
    expect(failures).toEqual([]);
  });

  it('fails when there is no room to free', () => {
    const { queue, buffer, use, failures } = rig({ roomToFree: false });
    use();
    buffer.refusal = new DOMException('full', 'QuotaExceededError');

    queue.append(bytes(1));

    expect(failures).toHaveLength(1);
  });

  it('is full at more than 8 MiB, so that its owner leaves out units', () => {
    const { queue } = rig();
    queue.append(new Uint8Array(8 * 1024 * 1024));
    expect(queue.full).toBe(false);

    queue.append(bytes(1));

    expect(queue.full).toBe(true);
  });

  it('touches the buffer no more once closed', () => {
    const { queue, buffer, use, state } = rig();
    use();
    queue.append(bytes(1));
    queue.append(bytes(2));
    queue.close();

    buffer.finish();

    expect(buffer.operations).toEqual(['append 1']);
    expect(state.updates).toBe(0);
  });
});
