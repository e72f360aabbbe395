import { build, defaultClientConditions } from 'vite';

/** A script and all that it imports, from sources, as one that a page can evaluate. */
export async function bundled(script: string): Promise<string> {
  const result = await build({
    configFile: false,
    logLevel: 'silent',
    resolve: { conditions: ['@pinhole/source', ...defaultClientConditions] },
    build: {
      write: false,
      minify: false,
      target: 'es2022',
      rolldownOptions: { input: script, output: { format: 'iife' } },
    },
  });
  const output = Array.isArray(result) ? result[0] : result;
  if (!output || !('output' in output)) throw new Error(`${script} did not build`);
  return output.output[0].code;
}
