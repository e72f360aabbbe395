/** One value of a metric, with what tells it from the others. */
export interface Sample {
  readonly labels?: Readonly<Record<string, string>>;
  readonly value: number;
}

/** Collects metrics and writes them in the Prometheus text format, version 0.0.4. */
export class PrometheusText {
  readonly #lines: string[] = [];

  /** A value that only grows. */
  counter(name: string, help: string, samples: readonly Sample[]): this {
    return this.#metric(name, 'counter', help, samples);
  }

  /** A value that goes up and down. */
  gauge(name: string, help: string, samples: readonly Sample[]): this {
    return this.#metric(name, 'gauge', help, samples);
  }

  toString(): string {
    return `${this.#lines.join('\n')}\n`;
  }

  #metric(name: string, type: string, help: string, samples: readonly Sample[]): this {
    this.#lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`);
    for (const { labels = {}, value } of samples) {
      const pairs = Object.entries(labels).map(([key, text]) => `${key}="${escapeLabel(text)}"`);
      this.#lines.push(`${name}${pairs.length === 0 ? '' : `{${pairs.join(',')}}`} ${value}`);
    }
    return this;
  }
}

const escapeLabel = (text: string): string =>
  text.replaceAll('\\', String.raw`\\`).replaceAll('"', String.raw`\"`).replaceAll('\n', String.raw`\n`);
