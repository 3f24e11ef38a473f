/// A refusal by the hub, as an error that knows its name and which inputs it points at.
import { texts } from './messages';
import type { JobStatus, ProblemBody, ProblemName } from './protocol';

export class Problem extends Error {
  readonly status: number;
  override readonly name: ProblemName;
  /** Pointer (`/steps/0/address`) to what is wrong there. */
  readonly errors: Map<string, string>;
  readonly jobStatus: JobStatus | undefined;
  readonly body: ProblemBody | undefined;

  constructor(status: number, name: ProblemName, detail?: string | null, body?: ProblemBody) {
    super(detail || texts.problems[name] || texts.problems.internal);
    this.status = status;
    this.name = name;
    this.body = body;
    this.errors = new Map((body?.errors ?? []).map((error) => [error.pointer, error.detail]));
    this.jobStatus = body?.job_status;
  }

  static from(body: ProblemBody): Problem {
    const name = body.type.slice(body.type.lastIndexOf('/') + 1) as ProblemName;
    return new Problem(body.status, name in texts.problems ? name : 'internal', body.detail, body);
  }

  /** The hub could not be reached at all. */
  static offline(): Problem {
    return new Problem(0, 'busy', texts.problems.offline);
  }

  /** Somebody only looks through another's eyes. */
  static previewed(): Problem {
    return new Problem(403, 'forbidden', texts.problems.previewed);
  }

  /** Worth sending again unchanged: the hub did not decide. */
  get passing(): boolean {
    return this.status === 0 || this.status === 429 || this.status >= 500;
  }
}

/** The words for whatever was thrown. */
export function words(error: unknown): string {
  return error instanceof Problem ? error.message : texts.problems.internal;
}
