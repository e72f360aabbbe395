import { defaultClientConditions, defaultServerConditions } from 'vite';
import { defineConfig } from 'vitest/config';
import { LongestFirst } from './test/support/longest-first.ts';

// Vite asks for conditions twice and forgets its own defaults when given any.
const resolve = { conditions: ['@pinhole/source', ...defaultClientConditions] };
const ssr = { resolve: { conditions: ['@pinhole/source', ...defaultServerConditions] } };

/**
 * Where real programs share a small machine with disks and a browser, one late answer must not refuse a change: a test
 * gets a second chance there, and what needed it is named at the end.
 */
const retry = process.env['CI'] ? 1 : 0;

/** Tests in a browser in which little depends on when a picture is painted; they hold beside another one. */
const TOGETHER = [
  'test/e2e/{picamera,rooms,room,janus}-*.test.ts',
  'test/e2e/{janus,web-app,controls,recorded-files,element,jpeg,kvm-page}.test.ts',
  'test/e2e/{esp32,rpicam,v4l2,raspicam-page,two-addresses}.test.ts',
  'test/e2e/{ladder,whip,webrtc-relay,webrtc-tcp,real-input,late-joiner,other-players}.test.ts',
  'test/e2e/{recordings,recording-player}.test.ts',
  'test/e2e/faults/{source,server,closed-tab,token}.test.ts',
];

/** Tests that need the machine for themselves. */
const ALONE = [
  // They compile and install; nothing beside them would keep its time.
  'test/integration/{deployment,native-sanitizer}.test.ts',
  // They film in real time.
  'test/integration/{audio-recording,recordings-live,rtsp-client}.test.ts',
  // They are a crowd.
  'test/integration/{native-crowd,webrtc-port-program,faults/unfinished}.test.ts',
];

/** Bytes are compared as bytes. */
const setupFiles = ['test/support/equal-bytes.ts'];

/** What starts the program starts it compiled, from the source as it is. */
const globalSetup = ['test/support/compiled-program.ts'];

/** What is waited for comes late on a busy machine; what never comes is known to be missing soon enough. */
const expect = { poll: { timeout: 5000 } };

export default defineConfig({
  resolve,
  ssr,
  test: {
    reporters: ['default', './test/support/ci-line.ts'],
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        resolve,
        ssr,
        test: {
          name: 'unit',
          maxWorkers: 2,
          // Most take a few milliseconds: to load all modules for each file anew would take longer than the tests.
          isolate: false,
          sequence: { groupOrder: 0 },
          // Hundreds of made-up inputs take their time on a busy machine.
          testTimeout: 20_000,
          retry,
          setupFiles,
          expect,
          include: [
            'packages/*/src/**/*.test.ts',
            'apps/*/src/**/*.test.{ts,tsx}',
            '{scripts,bench}/**/*.test.ts',
          ],
        },
      },
      {
        resolve,
        ssr,
        test: {
          name: 'integration',
          // They mostly wait: for cameras, disks, time limits. One at a time would take half an hour.
          maxWorkers: 4,
          sequence: { groupOrder: 1 },
          include: ['test/{integration,docs}/**/*.test.ts'],
          exclude: ALONE,
          retry,
          setupFiles,
          globalSetup,
          expect,
          testTimeout: 30_000,
          hookTimeout: 30_000,
        },
      },
      {
        resolve,
        ssr,
        test: {
          name: 'e2e',
          sequence: { groupOrder: 2 },
          include: ['test/e2e/**/*.test.ts'],
          exclude: TOGETHER,
          retry,
          setupFiles,
          globalSetup,
          expect,
          testTimeout: 90_000,
          hookTimeout: 60_000,
          // One browser at a time: frames decoded beside another test's would be late, and say nothing.
          fileParallelism: false,
        },
      },
      {
        resolve,
        ssr,
        test: {
          name: 'e2e-together',
          sequence: { groupOrder: 3 },
          maxWorkers: 2,
          include: TOGETHER,
          retry,
          setupFiles,
          globalSetup,
          expect,
          testTimeout: 90_000,
          hookTimeout: 60_000,
        },
      },
      {
        resolve,
        ssr,
        test: {
          name: 'alone',
          sequence: { groupOrder: 4 },
          fileParallelism: false,
          include: ALONE,
          retry,
          setupFiles,
          globalSetup,
          expect,
          testTimeout: 30_000,
          hookTimeout: 30_000,
        },
      },
    ],
  },
});
