import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Those that take about a minute: at the end nothing would run beside them. */
const LONGEST =
  /\/(shell|archive|recordings-faults|rpicam|recorder|half-a-minute-unread|stopped-readers|ladder|kvm-page|rooms-app|source|controls)\.test\.ts$/;

/** Begins with the files that take longest. A fresh clone does not remember which these were. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const long = sorted.filter(({ moduleId }) => LONGEST.test(moduleId));
    return [...long, ...sorted.filter((file) => !long.includes(file))];
  }
}
