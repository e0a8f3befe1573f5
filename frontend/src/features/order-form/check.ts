// What the form refuses before it sends, with the same rules and codes as the exchange, and what an order
// would cost.

import type { SymbolSpec } from "@/shared/wire/types";
import {
  type Draft,
  type Field,
  hasTrigger,
  isAtMarket,
  isPostOnly,
  mayBeIceberg,
  mayHaveCap,
  namesAmount,
  needsCap,
  timeInForceOf,
} from "./draft";
import {
  affordable,
  baseToQuantity,
  feeOn,
  holdRate,
  notional,
  parseInput,
  type PriceLevel,
  slippageBasisPoints,
  type Walk,
  walkAmount,
  walkQuantity,
  walkValue,
  wire,
  within,
} from "./maths";
import {
  amountProblem,
  type Circumstances,
  displayProblem,
  exitsProblem,
  expiryProblem,
  isMet,
  priceFieldProblem,
  type Problem,
  quantityProblem,
  statusProblem,
  trailProblem,
  triggerProblem,
  valueProblem,
  watchedPrice,
  wouldTake,
} from "./rules";

/** Something a trader should know before sending; it does not stop the order. */
export interface Notice {
  code: "takesAtOnce" | "farFromMarket" | "slips" | "thinBook" | "emptyBook" | "firesAtOnce";
  values?: Record<string, string>;
}

export interface Reading {
  price: bigint | null;
  quantity: bigint | null;
  quoteAmount: bigint | null;
  /** Value and fee in the quote asset's minor units; null while the draft does not say enough. */
  total: bigint | null;
  fee: bigint | null;
  /** The rate the fee was taken at. */
  rate: string;
  /** What the order ties up when it stands: quote minor units of a buy, quantity units of a sell. */
  hold: bigint | null;
  problem: Problem | null;
  notice: Notice | null;
}

/** Levels of the book a market order is measured against; a book cut off there is not called thin. */
export const MOST_LEVELS = 2_000;
/** A limit this far beyond the best opposite price is likely a slip of the finger. */
const FAR_PERCENT = 5n;
/** From this on the average of a market order is worth a word. */
const SLIPS_BASIS_POINTS = 50n;

/** Read a draft: its numbers, what it would cost, and the first reason not to send it. */
export function readDraft(draft: Draft, around: Circumstances, nowMs = Date.now()): Reading {
  const figures = figuresOf(draft, around);
  const problem =
    statusProblem(draft, around.spec.status) ??
    waitProblem(draft, around) ??
    figures.problem ??
    (draft.kind === "bracket" ? exitsProblem(draft, around.spec) : null) ??
    (mayBeIceberg(draft) ? displayProblem(draft.displayQuantity, figures.quantity, around.spec) : null) ??
    expiryProblem(draft, nowMs) ??
    fundsProblem(draft, figures, around);
  return { ...figures, problem };
}

function figuresOf(draft: Draft, around: Circumstances): Reading {
  if (!isAtMarket(draft)) return readLimit(draft, around);
  if (hasTrigger(draft.kind)) return readWaitingMarket(draft, around);
  return namesAmount(draft) ? readAmount(draft, around) : readMarket(draft, around);
}

/** What concerns the trigger, and with it the stop of an OCO. */
function waitProblem(draft: Draft, around: Circumstances): Problem | null {
  if (draft.kind === "trailing_stop") return trailProblem(draft, around);
  if (draft.kind === "oco") {
    const optional = draft.side === "sell";
    return triggerProblem({ ...draft, fireIfMet: false }, around) ?? priceFieldProblem(draft, "stopLimitPrice", around.spec, optional);
  }
  return hasTrigger(draft.kind) ? triggerProblem(draft, around) : null;
}

function readLimit(draft: Draft, around: Circumstances): Reading {
  const { spec } = around;
  const price = parseInput(draft.price, spec.price_scale);
  const quantity = parseInput(draft.quantity, spec.quantity_scale);
  const total = price !== null && quantity !== null ? notional(spec, price, quantity) : null;
  const takes = hasTrigger(draft.kind) || wouldTake(draft.side, price, around);
  const rate = takes ? around.takerRate : around.makerRate;
  const problem =
    priceFieldProblem(draft, "price", spec) ??
    quantityProblem(draft.quantity, quantity, spec) ??
    valueProblem(total, spec, "quantity") ??
    postOnlyProblem(draft, price, around);
  const hold = draft.side === "sell" ? quantity : costOf(heldPrice(draft, price, spec), quantity, around);
  const fee = total === null ? null : feeOn(total, rate);
  return { price, quantity, quoteAmount: null, total, fee, rate, hold, problem, notice: limitNotice(draft, price, around) };
}

/** The price a buy is held at: of an OCO the higher of both legs. */
function heldPrice(draft: Draft, price: bigint | null, spec: SymbolSpec): bigint | null {
  const other = draft.kind === "oco" ? parseInput(draft.stopLimitPrice, spec.price_scale) : null;
  return other !== null && price !== null && other > price ? other : price;
}

function costOf(price: bigint | null, quantity: bigint | null, around: Circumstances): bigint | null {
  if (price === null || quantity === null) return null;
  const value = notional(around.spec, price, quantity);
  return value + feeOn(value, holdRate(around.makerRate, around.takerRate));
}

/** An order that waits and will be at market: what it costs is known where it names it, else about. */
function readWaitingMarket(draft: Draft, around: Circumstances): Reading {
  const { spec, takerRate: rate } = around;
  const capProblem = priceFieldProblem(draft, "cap", spec, !needsCap(draft));
  const cap = parseInput(draft.cap, spec.price_scale);
  const expected = cap ?? parseInput(draft.triggerPrice, spec.price_scale) ?? around.last;
  if (namesAmount(draft)) {
    const amount = parseInput(draft.quoteAmount, spec.quote_scale);
    const quantity = amount === null || expected === null ? null : affordable(spec, amount, expected, rate);
    const total = quantity === null || expected === null ? null : notional(spec, expected, quantity);
    const fee = total === null ? null : feeOn(total, rate);
    const problem = amountProblem(draft.quoteAmount, amount) ?? valueProblem(amount, spec, "quoteAmount") ?? capProblem;
    return { price: null, quantity, quoteAmount: amount, total, fee, rate, hold: amount, problem, notice: firesNotice(draft, around) };
  }
  const quantity = parseInput(draft.quantity, spec.quantity_scale);
  const total = quantity === null || expected === null ? null : notional(spec, expected, quantity);
  const problem =
    capProblem ??
    quantityProblem(draft.quantity, quantity, spec) ??
    (cap === null ? null : valueProblem(total, spec, "quantity"));
  const hold = draft.side === "sell" ? quantity : costOf(cap, quantity, around);
  const fee = total === null ? null : feeOn(total, rate);
  return { price: null, quantity, quoteAmount: null, total, fee, rate, hold, problem, notice: firesNotice(draft, around) };
}

/** The levels a market order may trade with: no further than its own limit and the symbol's collar. */
function reachable(draft: Draft, around: Circumstances): readonly PriceLevel[] {
  const levels = draft.side === "buy" ? around.asks : around.bids;
  const cap = mayHaveCap(draft) ? parseInput(draft.cap, around.spec.price_scale) : null;
  return within(around.spec, levels, draft.side, cap);
}

function readMarket(draft: Draft, around: Circumstances): Reading {
  const { spec, takerRate: rate } = around;
  const quantity = parseInput(draft.quantity, spec.quantity_scale);
  const levels = reachable(draft, around);
  const walk = quantity === null ? null : walkQuantity(spec, levels, quantity);
  const total = walk !== null && walk.quantity > 0n ? walk.value : null;
  const fee = total === null ? null : feeOn(total, rate);
  const cap = mayHaveCap(draft) ? parseInput(draft.cap, spec.price_scale) : null;
  const worth = cap === null || quantity === null ? null : notional(spec, cap, quantity);
  const problem =
    quantityProblem(draft.quantity, quantity, spec) ??
    (mayHaveCap(draft) ? priceFieldProblem(draft, "cap", spec, true) : null) ??
    valueProblem(worth, spec, "quantity");
  const hold = draft.side === "sell" ? quantity : total === null || fee === null ? null : total + fee;
  const notice = walk === null ? null : marketNotice(walk, quantity ?? 0n, levels, spec);
  return { price: null, quantity, quoteAmount: null, total, fee, rate, hold, problem, notice };
}

/** A market order by amount: a buy spends it with the fee, a sell sells for it before the fee. */
function readAmount(draft: Draft, around: Circumstances): Reading {
  const { spec, takerRate: rate } = around;
  const amount = parseInput(draft.quoteAmount, spec.quote_scale);
  const levels = reachable(draft, around);
  const walked = draft.side === "buy" ? walkAmount : walkValue;
  const walk = amount === null ? null : walked(spec, levels, amount, rate);
  const total = walk !== null && walk.quantity > 0n ? walk.value : null;
  const problem =
    amountProblem(draft.quoteAmount, amount) ??
    valueProblem(amount, spec, "quoteAmount") ??
    priceFieldProblem(draft, "cap", spec, true);
  return {
    price: null,
    quantity: walk?.quantity ?? null,
    quoteAmount: amount,
    total,
    fee: total === null ? null : feeOn(total, rate),
    rate,
    hold: draft.side === "buy" ? amount : (walk?.quantity ?? null),
    problem,
    notice: walk === null ? null : marketNotice(walk, wantedFor(walk, levels), levels, spec),
  };
}

// --- what is worth a word ----------------------------------------------------------------------------

function limitNotice(draft: Draft, price: bigint | null, around: Circumstances): Notice | null {
  if (hasTrigger(draft.kind)) return firesNotice(draft, around);
  if (price === null || isPostOnly(draft) || !wouldTake(draft.side, price, around)) return null;
  const best = (draft.side === "buy" ? around.asks : around.bids)[0]![0];
  const apart = price > best ? price - best : best - price;
  if (apart * 100n >= best * FAR_PERCENT) {
    return { code: "farFromMarket", values: { percent: String((apart * 100n) / best) } };
  }
  return ["ioc", "fok"].includes(timeInForceOf(draft)) ? null : { code: "takesAtOnce" };
}

function firesNotice(draft: Draft, around: Circumstances): Notice | null {
  const trigger = parseInput(draft.triggerPrice, around.spec.price_scale);
  if (!draft.fireIfMet || trigger === null || draft.kind === "trailing_stop") return null;
  const watched = watchedPrice(draft.side, draft.triggerSource, around);
  return isMet(draft.kind, draft.side, trigger, watched) ? { code: "firesAtOnce" } : null;
}

/** An amount that takes the whole book would take more if it were there. */
function wantedFor(walk: Walk, levels: readonly PriceLevel[]): bigint {
  const offered = levels.reduce((sum, [, quantity]) => sum + quantity, 0n);
  return walk.quantity === offered ? walk.quantity + 1n : walk.quantity;
}

function marketNotice(walk: Walk, wanted: bigint, levels: readonly PriceLevel[], spec: SymbolSpec): Notice | null {
  const best = levels[0];
  if (best === undefined) return { code: "emptyBook" };
  if (walk.quantity < wanted && levels.length < MOST_LEVELS) {
    return { code: "thinBook", values: { quantity: wire(walk.quantity, spec.quantity_scale) } };
  }
  const points = slippageBasisPoints(spec, walk, best[0]);
  return points >= SLIPS_BASIS_POINTS ? { code: "slips", values: { percent: wire(points, 2) } } : null;
}

// --- what stops it -------------------------------------------------------------------------------------

function postOnlyProblem(draft: Draft, price: bigint | null, around: Circumstances): Problem | null {
  if (!isPostOnly(draft) || draft.reprice || !wouldTake(draft.side, price, around)) return null;
  return { field: "price", code: "POST_ONLY_WOULD_TAKE" };
}

function fundsProblem(draft: Draft, { hold }: Reading, { spec, available }: Circumstances): Problem | null {
  if (hold === null || available === null) return null;
  const field = namesAmount(draft) ? "quoteAmount" : "quantity";
  if (draft.side === "buy") {
    return hold > available ? shortOf(field, hold, available, spec.quote_asset, spec.quote_scale) : null;
  }
  const sellable = baseToQuantity(spec, available);
  return hold > sellable ? shortOf(field, hold, sellable, spec.base_asset, spec.quantity_scale) : null;
}

function shortOf(field: Field, required: bigint, available: bigint, asset: string, scale: number): Problem {
  const values = { required: wire(required, scale), available: wire(available, scale), asset };
  return { field, code: "INSUFFICIENT_BALANCE", values };
}

/** The value of `percent` of available that a price leaves room for; used by the buttons. */
export function quantityFor(draft: Draft, share: bigint, price: bigint, around: Circumstances): bigint {
  const held = draft.kind === "oco" ? (heldPrice(draft, price, around.spec) ?? price) : price;
  return affordable(around.spec, share, held, holdRate(around.makerRate, around.takerRate));
}
