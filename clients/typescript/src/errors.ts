// What can go wrong. A command that was sent ends with its outcome or with OutcomeUnknown; every other error
// means that it was not carried out.
//
// ExchangeError
// ├── ApiError         the exchange refused: `code` of its table, `status` as HTTP has it
// ├── OutcomeUnknown   it may have happened: ask again with the same client_order_id, or look it up
// └── ConnectionLost   there is no connection, or the request never left

export class ExchangeError extends Error {
  override readonly name: string = "ExchangeError";
}

/** A refusal of the exchange. Nothing has changed. */
export class ApiError extends ExchangeError {
  override readonly name = "ApiError";

  constructor(
    readonly code: string,
    message: string,
    readonly details: Readonly<Record<string, unknown>>,
    readonly status: number,
    /** Seconds to wait before the next attempt, where the exchange asks for a pause. */
    readonly retryAfterS: number | null = null,
  ) {
    super(`${code}: ${message}`);
  }
}

/** A command was sent, and what became of it is not known. */
export class OutcomeUnknown extends ExchangeError {
  override readonly name = "OutcomeUnknown";

  constructor(
    message: string,
    /** Place the same orders again with these ids: the exchange answers with the first outcome. */
    readonly clientOrderIds: readonly string[] = [],
  ) {
    super(message);
  }
}

/** Nothing was sent. */
export class ConnectionLost extends ExchangeError {
  override readonly name = "ConnectionLost";
}

interface ErrorBody {
  error?: unknown;
  message?: unknown;
  details?: unknown;
}

/** The error in a body of the exchange, or in what a proxy answered in its place. */
export function errorOf(body: unknown, status: number, retryAfter: string | null = null): ApiError {
  const { error, message, details } = (typeof body === "object" && body !== null ? body : {}) as ErrorBody;
  const told = (typeof details === "object" && details !== null ? details : {}) as Record<string, unknown>;
  const pause = Number(retryAfter ?? told.retry_after_s ?? Number.NaN);
  return new ApiError(
    typeof error === "string" ? error : "UNEXPECTED_ANSWER",
    typeof message === "string" ? message : `HTTP status ${status}`,
    told,
    status,
    Number.isFinite(pause) ? pause : null,
  );
}
