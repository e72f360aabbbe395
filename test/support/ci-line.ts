import type { Reporter, TestModule } from 'vitest/node';

/** Prints the closing line that CI reads: `N passed, N failed, N skipped`; and before it what passed only when repeated, and why. */
export default class CiLine implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const count = { passed: 0, failed: 0, skipped: 0, pending: 0 };
    let broken = 0; // files that failed before their first test
    for (const module of modules) {
      const tests = [...module.children.allTests()];
      for (const test of tests) {
        count[test.result().state]++;
        if (!test.diagnostic()?.flaky) continue;
        const [error] = test.result().errors ?? [];
        const why = error?.message.split('\n', 1).join() ?? 'for no reason that is known';
        console.log(`passed only when repeated: ${test.fullName}: ${why}`);
      }
      if (tests.length === 0 && !module.ok()) broken++;
    }
    console.log(`${count.passed} passed, ${count.failed + broken} failed, ${count.skipped} skipped`);
  }
}
