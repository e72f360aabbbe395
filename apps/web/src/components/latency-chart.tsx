import type { LatencySummary } from '@pinhole/client';
import type { Signal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import UPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';

const SECONDS = 120;

/** Median and 95th percentile of the delay over the last two minutes. */
export function LatencyChart({ latency }: { readonly latency: Signal<LatencySummary | undefined> }) {
  const place = useRef<HTMLDivElement>(null);

  useEffect(() => {
    const element = place.current;
    if (!element) return;
    const times: number[] = [];
    const medians: number[] = [];
    const high: number[] = [];
    const plot = new UPlot(optionsFor(element), [times, medians, high], element);
    const stopWatching = latency.subscribe((summary) => {
      if (!summary) return;
      times.push(Date.now() / 1000);
      medians.push(summary.p50Ms);
      high.push(summary.p95Ms);
      for (const column of [times, medians, high]) column.splice(0, column.length - SECONDS);
      plot.setData([times, medians, high]);
    });
    const resized = new ResizeObserver(() =>
      plot.setSize({ width: element.clientWidth, height: element.clientHeight }),
    );
    resized.observe(element);
    return () => {
      stopWatching();
      resized.disconnect();
      plot.destroy();
    };
  }, [latency]);

  return <div class="chart" ref={place} role="img" aria-label="Delay over the last two minutes" />;
}

function optionsFor(element: HTMLElement): UPlot.Options {
  const style = getComputedStyle(element);
  const colour = (name: string): string => style.getPropertyValue(name).trim();
  const axis = {
    stroke: colour('--quiet'),
    grid: { stroke: colour('--line'), width: 1 },
    ticks: { show: false },
  };
  return {
    width: element.clientWidth,
    height: element.clientHeight,
    legend: { show: false },
    cursor: { show: false },
    scales: {
      x: { time: true },
      y: { range: (_plot, _low, highest) => [0, Math.max(50, (highest ?? 0) * 1.1)] },
    },
    axes: [
      { ...axis, show: false },
      { ...axis, size: 44, values: (_plot, ticks) => ticks.map((tick) => `${tick} ms`) },
    ],
    series: [
      {},
      { label: 'median', stroke: colour('--accent'), width: 2, points: { show: false } },
      { label: '95th percentile', stroke: colour('--lagging'), width: 1, points: { show: false } },
    ],
  };
}
