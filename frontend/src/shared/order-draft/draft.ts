// What a person types into the order form, and which fields each kind of order has.

export type Side = "buy" | "sell";
export type TimeInForce = "gtc" | "ioc" | "fok" | "gtd" | "day" | "opg" | "cls";
type TriggerSource = "last" | "quote";
/** What a pegged order follows: the best price of its own side, the middle of the two, the best price of the other
 * side. */
export const PEGS = ["primary", "mid", "market"] as const;
export type Peg = (typeof PEGS)[number];

/** Kinds with a trigger wait off the book until it fires. */
export const TRIGGER_KINDS = [
  "stop",
  "stop_limit",
  "take_profit",
  "take_profit_limit",
  "trailing_stop",
] as const;
/** Two or three orders that know of each other. */
export const LINKED_KINDS = ["oco", "oto", "otoco", "bracket"] as const;
/** Kinds that enter at once and that few orders are. */
export const OTHER_KINDS = ["market_to_limit", "pegged"] as const;
const KINDS = ["limit", "market", ...OTHER_KINDS, ...TRIGGER_KINDS, ...LINKED_KINDS] as const;
export type OrderKind = (typeof KINDS)[number];

/** What a person has typed; numbers as text, without the commas by which their fields group thousands. Fields that the kind does not have are kept and not read. */
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
  peg: Peg;
  /** How far a pegged order stays from what it follows, away from the other side; empty: not at all. */
  pegOffset: string;
  /** What an iceberg shows at a time; empty: all of it. */
  displayQuantity: string;
  /** What trades at least as it enters; empty: nothing need. */
  minQuantity: string;
  /** The limit of an order at market; empty: none. */
  cap: string;
  /** The stop's own price in an OCO or a bracket; empty: it trades at market. */
  stopLimitPrice: string;
  /** A bracket's exits; of an order that triggers another the price of that. */
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
  peg: "mid",
  pegOffset: "",
  displayQuantity: "",
  minQuantity: "",
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
  | "pegOffset"
  | "displayQuantity"
  | "minQuantity"
  | "cap"
  | "stopLimitPrice"
  | "takeProfitPrice"
  | "stopPrice"
  | "form";

/** The fields that hold a price. */
export type PriceField =
  | "price"
  | "triggerPrice"
  | "cap"
  | "stopLimitPrice"
  | "takeProfitPrice"
  | "stopPrice";

type Choices = Pick<Draft, "kind" | "side" | "entryAt" | "amountIn" | "timeInForce">;

/** Waits for a trigger as a whole; of an OCO only one leg does. */
export function hasTrigger(kind: OrderKind): boolean {
  return (TRIGGER_KINDS as readonly string[]).includes(kind);
}

/** Trades at the prices there are when it enters. */
export function isAtMarket({ kind, entryAt }: Pick<Draft, "kind" | "entryAt">): boolean {
  if (kind === "bracket") return entryAt === "market";
  return (
    kind === "market" ||
    kind === "market_to_limit" ||
    kind === "stop" ||
    kind === "take_profit" ||
    kind === "trailing_stop"
  );
}

/** Whether it may name an amount of the quote asset: market orders, and buys that will be one. */
export function mayNameAmount(draft: Choices): boolean {
  if (draft.kind === "market") return true;
  return hasTrigger(draft.kind) && isAtMarket(draft) && draft.side === "buy";
}

export function namesAmount(draft: Choices): boolean {
  return mayNameAmount(draft) && draft.amountIn === "quote";
}

/** Whether it may have a worst price. */
export function mayHaveCap(draft: Choices): boolean {
  return isAtMarket(draft) && draft.kind !== "bracket" && draft.kind !== "market_to_limit";
}

/** A buy that waits and will be at market must name its worst price. */
export function needsCap(draft: Choices): boolean {
  return mayHaveCap(draft) && hasTrigger(draft.kind) && draft.side === "buy" && !namesAmount(draft);
}

const STAYING: readonly TimeInForce[] = ["gtc", "day", "gtd"];
const AUCTIONS: readonly TimeInForce[] = ["opg", "cls"];
const ALL: readonly TimeInForce[] = ["gtc", "ioc", "fok", "day", "gtd"];

/** The times in force a draft may have, the usual one first. */
export function timesInForce(draft: Choices): readonly TimeInForce[] {
  if (draft.kind === "oco" || draft.kind === "pegged") return STAYING;
  if (draft.kind === "market" || (draft.kind === "bracket" && draft.entryAt === "market")) {
    if (namesAmount(draft)) return ["ioc"];
    return draft.kind === "market" ? ["ioc", "fok", ...AUCTIONS] : ["ioc", "fok"];
  }
  if (draft.kind === "limit") return [...ALL, ...AUCTIONS];
  if (draft.kind === "market_to_limit") return ALL;
  return isAtMarket(draft) ? STAYING : ALL;
}

/** The time in force that holds: the one chosen, where the draft may have it. */
export function timeInForceOf(draft: Choices): TimeInForce {
  const allowed = timesInForce(draft);
  return allowed.includes(draft.timeInForce) ? draft.timeInForce : allowed[0]!;
}

function stays(draft: Choices): boolean {
  return STAYING.includes(timeInForceOf(draft));
}

export function mayBePostOnly(draft: Choices): boolean {
  return (draft.kind === "limit" || (draft.kind === "bracket" && draft.entryAt === "limit")) && stays(draft);
}

export function isPostOnly(draft: Choices & Pick<Draft, "postOnly">): boolean {
  return draft.postOnly && mayBePostOnly(draft);
}

export function mayBeIceberg(draft: Choices): boolean {
  return ["limit", "stop_limit", "take_profit_limit"].includes(draft.kind) && stays(draft);
}

/** Whether it may ask to trade at least a part at once. */
export function mayHaveMinimum(draft: Choices & Pick<Draft, "postOnly">): boolean {
  if (draft.kind === "oco" || draft.kind === "pegged" || isPostOnly(draft) || namesAmount(draft))
    return false;
  const time = timeInForceOf(draft);
  return time !== "fok" && !AUCTIONS.includes(time);
}

/** Whether what follows the order leaves through one of two exits. */
export function hasExits(kind: OrderKind): boolean {
  return kind === "bracket" || kind === "otoco";
}

/** The side of the exits of an order, or of what it triggers. */
export function exitSide({ side }: Pick<Draft, "side">): Side {
  return side === "buy" ? "sell" : "buy";
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
