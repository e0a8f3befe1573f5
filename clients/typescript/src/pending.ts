// A request that waits for its reply, and the rule by which it ends.
//
// A command that may have reached the engine ends with its outcome or with OutcomeUnknown. One whose every order
// has a client_order_id is sent again when its reply was lost or is OUTCOME_UNKNOWN: the exchange answers with the
// first outcome. From then on "not now" (429, 503) proves nothing, and a refusal counts only if the engine gives it.

import { type ApiError, ConnectionLost, errorOf, OutcomeUnknown } from "./errors.js";
import { Parts } from "./parts.js";

export type Fields = Record<string, unknown>;
export interface Reply extends Fields {
  id?: number | string | null;
  ok: boolean;
}

const QUERIES: ReadonlySet<string> = new Set(["auth", "subscribe", "unsubscribe", "ping"]);
/** Where orders stand in requests. */
const ORDER_FIELDS = ["order", "first", "second", "working", "pending", "entry"] as const;
const ENGINE_STATUSES: ReadonlySet<number> = new Set([409, 422]);
const NOT_NOW: ReadonlySet<number> = new Set([429, 503]);
const UNKNOWN_STATUS = 504;

/** The orders of a request, as they stand in it. */
export function ordersOf(op: string, fields: Fields): Fields[] {
  if (op === "order.place") return [fields];
  if (op === "order.batch") return (fields.orders as Fields[] | undefined) ?? [];
  return ORDER_FIELDS.map((name) => fields[name]).filter(
    (order): order is Fields => typeof order === "object",
  );
}

export class Pending {
  private readonly parts = new Parts();
  private isSent = false;
  private isInDoubt = false;
  private isOver = false;

  constructor(
    readonly id: number,
    readonly op: string,
    private readonly fields: Fields,
    private readonly settle: { resolve(reply: Reply): void; reject(error: Error): void },
  ) {}

  get isQuery(): boolean {
    return QUERIES.has(this.op);
  }

  /** Whether it may be sent again. */
  get isRepeatable(): boolean {
    const orders = ordersOf(this.op, this.fields);
    return orders.length > 0 && orders.every((order) => order.client_order_id != null);
  }

  text(): string {
    return JSON.stringify({ op: this.op, id: this.id, ...this.fields });
  }

  sent(): void {
    this.isInDoubt ||= this.isSent;
    this.isSent = true;
  }

  /** Take in a reply, or a part of one: whether the request is over, or is to be sent once more. */
  take(message: Reply): "over" | "again" | "waits" {
    const reply = this.parts.take(message);
    if (!reply) return "waits";
    if (reply.ok) {
      this.end(reply);
      return "over";
    }
    const error = errorOf(reply, Number(reply.status));
    if (
      this.isRepeatable &&
      (error.status === UNKNOWN_STATUS || (this.isInDoubt && NOT_NOW.has(error.status)))
    ) {
      this.isInDoubt = true;
      return "again";
    }
    this.fail(this.isInDoubt && !isOfEngine(error) ? this.unknown(error.message) : this.refusal(error));
    return "over";
  }

  /** The connection broke: whether the request ends by it. */
  lost(): boolean {
    if (!this.isSent || this.isRepeatable) {
      this.isInDoubt ||= this.isSent;
      return false;
    }
    this.fail(
      this.isQuery ? new ConnectionLost("the connection broke") : this.unknown("the connection broke"),
    );
    return true;
  }

  /** No reply will come: of what was sent nothing is known. */
  giveUp(reason: string, error: Error = new ConnectionLost(reason)): void {
    this.fail(this.isSent && !this.isQuery ? this.unknown(reason) : error);
  }

  private refusal(error: ApiError): Error {
    return error.status === UNKNOWN_STATUS && !this.isQuery ? this.unknown(error.message) : error;
  }

  private unknown(reason: string): OutcomeUnknown {
    const ids = ordersOf(this.op, this.fields).map((order) => order.client_order_id);
    return new OutcomeUnknown(
      `${this.op}: ${reason}`,
      ids.filter((id) => typeof id === "string"),
    );
  }

  private end(reply: Reply): void {
    if (!this.isOver) this.settle.resolve(reply);
    this.isOver = true;
  }

  private fail(error: Error): void {
    if (!this.isOver) this.settle.reject(error);
    this.isOver = true;
  }
}

/** Refusals that the engine gives after it has looked for the id. */
function isOfEngine(error: ApiError): boolean {
  return ENGINE_STATUSES.has(error.status) || error.code === "ACCOUNT_FROZEN";
}
