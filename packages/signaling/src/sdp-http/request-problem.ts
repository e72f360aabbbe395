import { PinholeError } from '@pinhole/core';
import { PROBLEM_TYPE, type Problem, serializeProblem } from '@pinhole/protocol/whep';

/** What goes with a refusal. */
export interface RequestProblemOptions {
  /** Headers of the response. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly cause?: unknown;
}

/** A refusal on its way to becoming a response. */
export class RequestProblem extends PinholeError {
  override readonly name = 'RequestProblem';
  readonly #problem: Problem;
  readonly #headers: Readonly<Record<string, string>>;

  constructor(problem: Problem, { headers = {}, cause }: RequestProblemOptions = {}) {
    super(problem.code, problem.detail, { cause });
    this.#problem = problem;
    this.#headers = headers;
  }

  /** The same refusal under another code. */
  withCode(code: string): RequestProblem {
    return new RequestProblem({ ...this.#problem, code }, { headers: this.#headers, cause: this.cause });
  }

  /** The response to send. */
  toResponse(): Response {
    return new Response(serializeProblem(this.#problem), {
      status: this.#problem.status,
      headers: { ...this.#headers, 'Content-Type': PROBLEM_TYPE, 'Cache-Control': 'no-store' },
    });
  }
}
