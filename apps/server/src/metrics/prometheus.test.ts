import { expect, it } from 'vitest';
import { PrometheusText } from './prometheus.ts';

it('writes the text format, with labels that cannot break it', () => {
  const text = new PrometheusText()
    .gauge('a', 'What it is', [{ value: 1.5 }])
    .counter('b_total', 'Others', [{ labels: { camera: 'x"y\\z\n', cause: 'busy' }, value: 2 }]);

  expect(text.toString()).toBe(
    [
      '# HELP a What it is',
      '# TYPE a gauge',
      'a 1.5',
      '# HELP b_total Others',
      '# TYPE b_total counter',
      String.raw`b_total{camera="x\"y\\z\n",cause="busy"} 2`,
      '',
    ].join('\n'),
  );
});
