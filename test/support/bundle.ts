import { build, defaultClientConditions } from 'vite';

/** A script and all that it imports, from sources, as one: to be evaluated in a page (`iife`), or served as a module (`es`). */
export async function bundled(script: string, format: 'iife' | 'es' = 'iife'): Promise<string> {
  const result = await build({
    configFile: false,
    logLevel: 'silent',
    resolve: { conditions: ['@pinhole/source', ...defaultClientConditions] },
    build: {
      write: false,
      minify: false,
      target: 'es2022',
      rolldownOptions: { input: script, output: { format } },
    },
  });
  const output = Array.isArray(result) ? result[0] : result;
  if (!output || !('output' in output)) throw new Error(`${script} did not build`);
  return output.output[0].code;
}
