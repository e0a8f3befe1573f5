// What the form refuses before it sends, with the same rules and codes as the exchange, and what an order
// would cost.

import { affordable, baseToQuantity, feeOn, holdRate, notional } from "@/shared/market/amounts";
import { fromUnits, wireDecimal } from "@/shared/numbers";
import {
  type Draft,
  type Field,
  hasExits,
  hasTrigger,
  isAtMarket,
  isPostOnly,
  mayBeIceberg,
  mayHaveCap,
  mayHaveMinimum,
  namesAmount,
  needsCap,
} from "@/shared/order-draft/draft";
import {
  amountProblem,
  displayProblem,
  minimumProblem,
  type Problem,
  priceFieldProblem,
  quantityProblem,
  valueProblem,
} from "@/shared/order-draft/value-rules";
import { parseTyped } from "@/shared/typed-number";
import type { SymbolTerms } from "@/shared/wire/types";
import { type PriceLevel, walkAmount, walkQuantity, walkValue, within } from "./book-walk";
import { firesNotice, limitNotice, marketNotice, type Notice, wantedFor } from "./notices";
import {
  type Circumstances,
  exitsProblem,
  expiryProblem,
  pegProblem,
  statusProblem,
  takes,
  trailProblem,
  triggerProblem,
  wouldTake,
} from "./order-rules";

/** The numbers of a draft and what it would cost. */
export interface Reading {
  price: bigint | null;
  quantity: bigint | null;
  quoteAmount: bigint | null;
  /** Value and fee in the quote asset's minor units; null while the draft is incomplete. */
  total: bigint | null;
  fee: bigint | null;
  /** The rate the fee was taken at. */
  rate: string;
  /** What the order ties up when it stands: quote minor units of a buy, quantity units of a sell. */
  hold: bigint | null;
  problem: Problem | null;
  notice: Notice | null;
}

/** Read a draft: its numbers, what it would cost, and the first reason not to send it. */
export function readDraft(draft: Draft, around: Circumstances, nowMs = Date.now()): Reading {
  const figures = figuresOf(draft, around);
  const problem =
    statusProblem(draft, around.terms.status) ??
    waitProblem(draft, around) ??
    figures.problem ??
    (hasExits(draft.kind) ? exitsProblem(draft, around.terms) : null) ??
    (draft.kind === "oto" ? priceFieldProblem(draft, "takeProfitPrice", around.terms) : null) ??
    (mayBeIceberg(draft) ? displayProblem(draft.displayQuantity, figures.quantity, around.terms) : null) ??
    (mayHaveMinimum(draft) ? minimumProblem(draft.minQuantity, figures.quantity, around.terms) : null) ??
    expiryProblem(draft, nowMs) ??
    fundsProblem(draft, figures, around);
  return { ...figures, problem };
}

function figuresOf(draft: Draft, around: Circumstances): Reading {
  if (!isAtMarket(draft)) return readLimit(draft, around);
  if (draft.kind === "market_to_limit") return readToLimit(draft, around);
  if (hasTrigger(draft.kind)) return readWaitingMarket(draft, around);
  return namesAmount(draft) ? readAmount(draft, around) : readMarket(draft, around);
}

/** What concerns the trigger, and with it the stop of an OCO; or what a pegged order follows. */
function waitProblem(draft: Draft, around: Circumstances): Problem | null {
  if (draft.kind === "trailing_stop") return trailProblem(draft, around);
  if (draft.kind === "oco") {
    const optional = draft.side === "sell";
    return (
      triggerProblem({ ...draft, fireIfMet: false }, around) ??
      priceFieldProblem(draft, "stopLimitPrice", around.terms, optional)
    );
  }
  if (draft.kind === "pegged") return pegProblem(draft, around.terms);
  return hasTrigger(draft.kind) ? triggerProblem(draft, around) : null;
}

function readLimit(draft: Draft, around: Circumstances): Reading {
  const { terms } = around;
  const price = parseTyped(draft.price, terms.price_scale);
  const quantity = parseTyped(draft.quantity, terms.quantity_scale);
  const total = price !== null && quantity !== null ? notional(terms, price, quantity) : null;
  const rate = takes(draft, price, around) ? around.takerRate : around.makerRate;
  const problem =
    priceFieldProblem(draft, "price", terms) ??
    quantityProblem(draft.quantity, quantity, terms) ??
    valueProblem(total, terms, "quantity") ??
    postOnlyProblem(draft, price, around);
  const hold = draft.side === "sell" ? quantity : costOf(heldPrice(draft, price, terms), quantity, around);
  const fee = total === null ? null : feeOn(total, rate);
  return {
    price,
    quantity,
    quoteAmount: null,
    total,
    fee,
    rate,
    hold,
    problem,
    notice: draft.kind === "pegged" ? null : limitNotice(draft, price, around),
  };
}

/** A limit order at the best opposite price, which it takes as it enters. */
function readToLimit(draft: Draft, around: Circumstances): Reading {
  const best = (draft.side === "buy" ? around.asks : around.bids)[0]?.[0];
  const price = best === undefined ? "" : fromUnits(best, around.terms.price_scale);
  const reading = readLimit({ ...draft, price }, around);
  return best === undefined ? { ...reading, problem: { field: "form", code: "NO_OPPOSITE_PRICE" } } : reading;
}

/** The price a buy is held at: of an OCO the higher of both legs. */
function heldPrice(draft: Draft, price: bigint | null, terms: SymbolTerms): bigint | null {
  const other = draft.kind === "oco" ? parseTyped(draft.stopLimitPrice, terms.price_scale) : null;
  return other !== null && price !== null && other > price ? other : price;
}

function costOf(price: bigint | null, quantity: bigint | null, around: Circumstances): bigint | null {
  if (price === null || quantity === null) return null;
  const value = notional(around.terms, price, quantity);
  return value + feeOn(value, holdRate(around.makerRate, around.takerRate));
}

/** An order that waits and will be at market: what it costs is known where it names it, else about. */
function readWaitingMarket(draft: Draft, around: Circumstances): Reading {
  const { terms, takerRate: rate } = around;
  const capProblem = priceFieldProblem(draft, "cap", terms, !needsCap(draft));
  const cap = parseTyped(draft.cap, terms.price_scale);
  const expected = cap ?? parseTyped(draft.triggerPrice, terms.price_scale) ?? around.last;
  if (namesAmount(draft)) {
    const amount = parseTyped(draft.quoteAmount, terms.quote_scale);
    const quantity = amount === null || expected === null ? null : affordable(terms, amount, expected, rate);
    const total = quantity === null || expected === null ? null : notional(terms, expected, quantity);
    const fee = total === null ? null : feeOn(total, rate);
    const problem =
      amountProblem(draft.quoteAmount, amount) ?? valueProblem(amount, terms, "quoteAmount") ?? capProblem;
    return {
      price: null,
      quantity,
      quoteAmount: amount,
      total,
      fee,
      rate,
      hold: amount,
      problem,
      notice: firesNotice(draft, around),
    };
  }
  const quantity = parseTyped(draft.quantity, terms.quantity_scale);
  const total = quantity === null || expected === null ? null : notional(terms, expected, quantity);
  const problem =
    capProblem ??
    quantityProblem(draft.quantity, quantity, terms) ??
    (cap === null ? null : valueProblem(total, terms, "quantity"));
  const hold = draft.side === "sell" ? quantity : costOf(cap, quantity, around);
  const fee = total === null ? null : feeOn(total, rate);
  return {
    price: null,
    quantity,
    quoteAmount: null,
    total,
    fee,
    rate,
    hold,
    problem,
    notice: firesNotice(draft, around),
  };
}

/** The levels a market order may trade with: no further than its own limit and the symbol's collar. */
function reachable(draft: Draft, around: Circumstances): readonly PriceLevel[] {
  const levels = draft.side === "buy" ? around.asks : around.bids;
  const cap = mayHaveCap(draft) ? parseTyped(draft.cap, around.terms.price_scale) : null;
  return within(around.terms, levels, draft.side, cap);
}

function readMarket(draft: Draft, around: Circumstances): Reading {
  const { terms, takerRate: rate } = around;
  const quantity = parseTyped(draft.quantity, terms.quantity_scale);
  const levels = reachable(draft, around);
  const walk = quantity === null ? null : walkQuantity(terms, levels, quantity);
  const total = walk !== null && walk.quantity > 0n ? walk.value : null;
  const fee = total === null ? null : feeOn(total, rate);
  const cap = mayHaveCap(draft) ? parseTyped(draft.cap, terms.price_scale) : null;
  const worth = cap === null || quantity === null ? null : notional(terms, cap, quantity);
  const problem =
    quantityProblem(draft.quantity, quantity, terms) ??
    (mayHaveCap(draft) ? priceFieldProblem(draft, "cap", terms, true) : null) ??
    valueProblem(worth, terms, "quantity");
  const hold = draft.side === "sell" ? quantity : total === null || fee === null ? null : total + fee;
  const notice = walk === null ? null : marketNotice(walk, quantity ?? 0n, levels, terms);
  return { price: null, quantity, quoteAmount: null, total, fee, rate, hold, problem, notice };
}

/** A market order by amount: a buy spends it with the fee, a sell sells for it before the fee. */
function readAmount(draft: Draft, around: Circumstances): Reading {
  const { terms, takerRate: rate } = around;
  const amount = parseTyped(draft.quoteAmount, terms.quote_scale);
  const levels = reachable(draft, around);
  const walked = draft.side === "buy" ? walkAmount : walkValue;
  const walk = amount === null ? null : walked(terms, levels, amount, rate);
  const total = walk !== null && walk.quantity > 0n ? walk.value : null;
  const problem =
    amountProblem(draft.quoteAmount, amount) ??
    valueProblem(amount, terms, "quoteAmount") ??
    priceFieldProblem(draft, "cap", terms, true);
  return {
    price: null,
    quantity: walk?.quantity ?? null,
    quoteAmount: amount,
    total,
    fee: total === null ? null : feeOn(total, rate),
    rate,
    hold: draft.side === "buy" ? amount : (walk?.quantity ?? null),
    problem,
    notice: walk === null ? null : marketNotice(walk, wantedFor(walk, levels), levels, terms),
  };
}

// --- what stops it -------------------------------------------------------------------------------------

function postOnlyProblem(draft: Draft, price: bigint | null, around: Circumstances): Problem | null {
  if (!isPostOnly(draft) || draft.reprice || !wouldTake(draft.side, price, around)) return null;
  return { field: "price", code: "POST_ONLY_WOULD_TAKE" };
}

function fundsProblem(draft: Draft, { hold }: Reading, { terms, available }: Circumstances): Problem | null {
  if (hold === null || available === null) return null;
  const field = namesAmount(draft) ? "quoteAmount" : "quantity";
  if (draft.side === "buy") {
    return hold > available ? shortOf(field, hold, available, terms.quote_asset, terms.quote_scale) : null;
  }
  const sellable = baseToQuantity(terms, available);
  return hold > sellable ? shortOf(field, hold, sellable, terms.base_asset, terms.quantity_scale) : null;
}

function shortOf(field: Field, required: bigint, available: bigint, asset: string, scale: number): Problem {
  const values = { required: wireDecimal(required, scale), available: wireDecimal(available, scale), asset };
  return { field, code: "INSUFFICIENT_BALANCE", values };
}

/** The value of `percent` of available that a price leaves room for; used by the buttons. */
export function quantityFor(draft: Draft, share: bigint, price: bigint, around: Circumstances): bigint {
  const held = draft.kind === "oco" ? (heldPrice(draft, price, around.terms) ?? price) : price;
  return affordable(around.terms, share, held, holdRate(around.makerRate, around.takerRate));
}
