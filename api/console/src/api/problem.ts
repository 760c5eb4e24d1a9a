// A call that did not succeed, as people and code need it: problem+json, or no answer at all.

export interface ProblemDocument {
  status: number;
  title: string;
  detail: string;
  code: string;
  [field: string]: unknown;
}

export class Problem extends Error {
  readonly status: number; // 0: no answer came
  readonly code: string;
  readonly document: ProblemDocument;

  constructor(document: ProblemDocument) {
    super(document.detail);
    this.name = "Problem";
    this.status = document.status;
    this.code = document.code;
    this.document = document;
  }

  /** What a program needs besides the code. */
  get fields(): Record<string, unknown> {
    const { fields } = this.document;
    return typeof fields === "object" && fields !== null ? (fields as Record<string, unknown>) : {};
  }

  /** Whether the same call may succeed later without anybody changing anything. */
  get isPassing(): boolean {
    return this.status === 0 || this.status === 429 || this.status >= 500;
  }
}

export const noAnswer = (): Problem =>
  new Problem({ status: 0, title: "No answer", detail: "", code: "no_answer" });

function isDocument(value: unknown): value is ProblemDocument {
  return typeof value === "object" && value !== null && "code" in value && "status" in value;
}

/** What a response that is not a success says, even when a proxy in between wrote it. */
export async function problemOf(response: Response): Promise<Problem> {
  let body: unknown = null;
  try {
    body = await response.clone().json();
  } catch {
    // not JSON: something between us and the API answered
  }
  if (isDocument(body)) return new Problem(body);
  return new Problem({
    status: response.status,
    title: response.statusText,
    detail: "",
    code: response.status >= 500 ? "api_away" : "unknown",
  });
}
