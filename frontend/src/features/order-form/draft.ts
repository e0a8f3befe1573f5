// What a person types into the order form, and which fields each kind of order has.

export type Side = "buy" | "sell";
export type TimeInForce = "gtc" | "ioc" | "fok" | "gtd" | "day";
export type TriggerSource = "last" | "quote";

/** Kinds with a trigger wait off the book until it fires. */
export const TRIGGER_KINDS = ["stop", "stop_limit", "take_profit", "take_profit_limit", "trailing_stop"] as const;
/** Two or three orders that know of each other. */
export const LINKED_KINDS = ["oco", "bracket"] as const;
export const KINDS = ["limit", "market", ...TRIGGER_KINDS, ...LINKED_KINDS] as const;
export type OrderKind = (typeof KINDS)[number];

/** What a person has typed; numbers as text. Fields that the kind does not have are kept and not read. */
export interface Draft {
  side: Side;
  kind: OrderKind;
  price: string;
  quantity: string;
  quoteAmount: string;
  /** Whether an order at market names a quantity or an amount of the quote asset. */
  amountIn: "base" | "quote";
  timeInForce: TimeInForce;
  /** When a gtd order ends: a day of the reader's calendar, "2026-11-22", and a time, "18:30". */
  expireDay: string;
  expireTime: string;
  postOnly: boolean;
  /** A post-only order that would trade is moved one tick away instead of refused. */
  reprice: boolean;
  triggerPrice: string;
  triggerSource: TriggerSource;
  /** A trigger that is reached already fires at once instead of being refused. */
  fireIfMet: boolean;
  trailBy: "percent" | "offset";
  trailPercent: string;
  trailOffset: string;
  /** What an iceberg shows at a time; empty: all of it. */
  displayQuantity: string;
  /** The limit of an order at market; empty: none. */
  cap: string;
  /** The stop's own price in an OCO or a bracket; empty: it trades at market. */
  stopLimitPrice: string;
  /** A bracket's exits. */
  takeProfitPrice: string;
  stopPrice: string;
  /** Whether a bracket buys at a price or at market. */
  entryAt: "limit" | "market";
}

export const EMPTY_DRAFT: Draft = {
  side: "buy",
  kind: "limit",
  price: "",
  quantity: "",
  quoteAmount: "",
  amountIn: "base",
  timeInForce: "gtc",
  expireDay: "",
  expireTime: "23:59",
  postOnly: false,
  reprice: false,
  triggerPrice: "",
  triggerSource: "last",
  fireIfMet: false,
  trailBy: "percent",
  trailPercent: "",
  trailOffset: "",
  displayQuantity: "",
  cap: "",
  stopLimitPrice: "",
  takeProfitPrice: "",
  stopPrice: "",
  entryAt: "limit",
};

/** `form`: the problem is none of a single field. */
export type Field =
  | "price"
  | "quantity"
  | "quoteAmount"
  | "expiry"
  | "triggerPrice"
  | "trailPercent"
  | "trailOffset"
  | "displayQuantity"
  | "cap"
  | "stopLimitPrice"
  | "takeProfitPrice"
  | "stopPrice"
  | "form";

/** The fields that hold a price. */
export type PriceField = "price" | "triggerPrice" | "cap" | "stopLimitPrice" | "takeProfitPrice" | "stopPrice";

type Terms = Pick<Draft, "kind" | "side" | "entryAt" | "amountIn" | "timeInForce">;

/** Waits for a trigger as a whole; of an OCO only one leg does. */
export function hasTrigger(kind: OrderKind): boolean {
  return (TRIGGER_KINDS as readonly string[]).includes(kind);
}

/** Trades at the prices there are when it enters. */
export function isAtMarket({ kind, entryAt }: Pick<Draft, "kind" | "entryAt">): boolean {
  if (kind === "bracket") return entryAt === "market";
  return kind === "market" || kind === "stop" || kind === "take_profit" || kind === "trailing_stop";
}

/** Whether it may name an amount of the quote asset: market orders, and buys that will be one. */
export function mayNameAmount(draft: Terms): boolean {
  if (draft.kind === "market") return true;
  return hasTrigger(draft.kind) && isAtMarket(draft) && draft.side === "buy";
}

export function namesAmount(draft: Terms): boolean {
  return mayNameAmount(draft) && draft.amountIn === "quote";
}

/** Whether it may say "no worse than". */
export function mayHaveCap(draft: Terms): boolean {
  return isAtMarket(draft) && draft.kind !== "bracket";
}

/** A buy that waits and will be at market says what it may cost. */
export function needsCap(draft: Terms): boolean {
  return mayHaveCap(draft) && hasTrigger(draft.kind) && draft.side === "buy" && !namesAmount(draft);
}

const STAYING: readonly TimeInForce[] = ["gtc", "day", "gtd"];
const ALL: readonly TimeInForce[] = ["gtc", "ioc", "fok", "day", "gtd"];

/** The times in force a draft may have, the usual one first. */
export function timesInForce(draft: Terms): readonly TimeInForce[] {
  if (draft.kind === "oco") return STAYING;
  if (draft.kind === "market" || (draft.kind === "bracket" && draft.entryAt === "market")) {
    return namesAmount(draft) ? ["ioc"] : ["ioc", "fok"];
  }
  return isAtMarket(draft) ? STAYING : ALL;
}

/** The time in force that holds: the one chosen, where the draft may have it. */
export function timeInForceOf(draft: Terms): TimeInForce {
  const allowed = timesInForce(draft);
  return allowed.includes(draft.timeInForce) ? draft.timeInForce : allowed[0]!;
}

function stays(draft: Terms): boolean {
  return STAYING.includes(timeInForceOf(draft));
}

export function mayBePostOnly(draft: Terms): boolean {
  return (draft.kind === "limit" || (draft.kind === "bracket" && draft.entryAt === "limit")) && stays(draft);
}

export function isPostOnly(draft: Terms & Pick<Draft, "postOnly">): boolean {
  return draft.postOnly && mayBePostOnly(draft);
}

export function mayBeIceberg(draft: Terms): boolean {
  return ["limit", "stop_limit", "take_profit_limit"].includes(draft.kind) && stays(draft);
}

/** Whether a trigger fires at or below its price (and not at or above it). */
export function firesBelow(kind: OrderKind, side: Side): boolean {
  return kind.startsWith("take_profit") === (side === "buy");
}

/** When a gtd order ends, in milliseconds; null for no valid moment. */
export function expiryOf({ expireDay, expireTime }: Pick<Draft, "expireDay" | "expireTime">): number | null {
  if (expireDay === "" || !/^([01]?\d|2[0-3]):[0-5]\d$/.test(expireTime)) return null;
  const at = new Date(`${expireDay}T${expireTime.padStart(5, "0")}:00`).getTime();
  return Number.isNaN(at) ? null : at;
}

/** "2026-11-22" of a moment in the reader's calendar. */
export function dayOf(at: number): string {
  const date = new Date(at);
  const two = (part: number) => String(part).padStart(2, "0");
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}
