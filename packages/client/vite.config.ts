import { join } from 'node:path';
import { defaultClientConditions, defineConfig } from 'vite';

const SOURCE = join(import.meta.dirname, 'src');

// Each entry with all that it needs of the workspace; what both need is one chunk.
export default defineConfig({
  resolve: { conditions: ['@pinhole/source', ...defaultClientConditions] },
  build: {
    target: 'es2022',
    sourcemap: true,
    emptyOutDir: false,
    minify: false,
    lib: {
      entry: {
        index: join(SOURCE, 'index.ts'),
        element: join(SOURCE, 'element/index.ts'),
        controls: join(SOURCE, 'controls/index.ts'),
        recordings: join(SOURCE, 'recordings/index.ts'),
        rooms: join(SOURCE, 'rooms/index.ts'),
        picamera: join(SOURCE, 'picamera/index.ts'),
        janus: join(SOURCE, 'janus/index.ts'),
      },
      formats: ['es'],
    },
    rolldownOptions: { output: { entryFileNames: '[name].js', chunkFileNames: '[name].js' } },
  },
});
