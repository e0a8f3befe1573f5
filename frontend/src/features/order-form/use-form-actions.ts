import { useCallback } from "react";
import { baseToQuantity, firstQuantity, shareOf } from "@/shared/market/amounts";
import { onLot, shiftPrice } from "@/shared/market/grid";
import { fromUnits, wireDecimal } from "@/shared/numbers";
import { type Draft, hasTrigger, isAtMarket, namesAmount, type PriceField } from "@/shared/order-draft/draft";
import { useDraft } from "@/shared/order-draft/draft-store";
import { steppedPrice, steppedQuantity } from "@/shared/order-draft/steps";
import { parseTyped } from "@/shared/typed-number";
import type { StepSize } from "@/shared/ui/NumberInput";
import type { SymbolTerms } from "@/shared/wire/types";
import { walkAmount, walkQuantity } from "./book-walk";
import type { Circumstances } from "./order-rules";
import { quantityFor } from "./read-draft";
import type { FormReading } from "./use-reading";

export interface FormActions {
  stepPrice(field: PriceField, direction: 1 | -1, size: StepSize): void;
  shiftPrice(percent: 1 | -1): void;
  stepQuantity(direction: 1 | -1, size: StepSize): void;
  takePercent(percent: number): void;
}

/** What the buttons and arrow keys of the form do to the draft. */
export function useFormActions(terms: SymbolTerms, formReading: FormReading): FormActions {
  const form = useDraft();
  const { around } = formReading;
  const opposite = (form.side === "buy" ? around.asks : around.bids)[0]?.[0] ?? null;
  const price = unitPrice(form, formReading);
  const setPrice = (field: PriceField, units: bigint) =>
    form.change({ [field]: fromUnits(units, terms.price_scale), priceField: field });
  const setQuantity = (units: bigint, percent: number | null = null) =>
    form.change({ quantity: wireDecimal(units, terms.quantity_scale), percent });
  return {
    stepPrice(field, direction, size) {
      const next = steppedPrice(terms, form[field], direction, size);
      // An empty field starts where the market is.
      const first = form[field].trim() === "" ? (around.last ?? opposite) : null;
      if (next !== null) form.change({ [field]: next, priceField: field });
      else if (first !== null) setPrice(field, first);
    },
    shiftPrice(percent) {
      const base = parseTyped(form.price, terms.price_scale) ?? opposite;
      if (base !== null) setPrice("price", shiftPrice(terms, base, BigInt(percent)));
    },
    stepQuantity(direction, size) {
      const next = steppedQuantity(terms, form.quantity, direction, size);
      if (next !== null) form.change({ quantity: next });
      else if (form.quantity.trim() === "") setQuantity(firstQuantity(terms, price ?? 0n));
    },
    takePercent(percent) {
      if (around.available === null) return;
      const share = shareOf(around.available, percent);
      if (namesAmount(form)) {
        const worth = form.side === "buy" ? share : saleValue(share, around);
        return form.change({ quoteAmount: roundedAmount(worth, terms), percent });
      }
      const quantity = shareQuantity(form, share, price, around);
      if (quantity !== null) setQuantity(quantity, percent);
    },
  };
}

/** What one unit costs, for sizes: an order that waits costs what it names. */
function unitPrice(form: Draft, { around, reading }: FormReading): bigint | null {
  if (!isAtMarket(form)) return reading.price;
  if (!hasTrigger(form.kind)) return (form.side === "buy" ? around.asks : around.bids)[0]?.[0] ?? null;
  const scale = around.terms.price_scale;
  return parseTyped(form.cap, scale) ?? parseTyped(form.triggerPrice, scale) ?? around.last;
}

/** The quantity that a share of what is available buys or is; null while the price is not known. */
function shareQuantity(
  form: Draft,
  share: bigint,
  price: bigint | null,
  around: Circumstances,
): bigint | null {
  const { terms } = around;
  if (form.side === "sell") return onLot(terms, baseToQuantity(terms, share));
  if (isAtMarket(form) && !hasTrigger(form.kind))
    return walkAmount(terms, around.asks, share, around.takerRate).quantity;
  return price === null ? null : quantityFor(form, share, price, around);
}

/** What a share of the base asset would sell for. */
function saleValue(share: bigint, { terms, bids }: Circumstances): bigint {
  return walkQuantity(terms, bids, onLot(terms, baseToQuantity(terms, share))).value;
}

/** An amount to spend without needless decimals: as many as prices have, rounded down. */
function roundedAmount(units: bigint, terms: SymbolTerms): string {
  const unit = 10n ** BigInt(terms.quote_scale - terms.price_scale);
  return wireDecimal((units / unit) * unit, terms.quote_scale);
}

/** Focus a field of the form by name, with its text selected. */
export function useFocusField(form: React.RefObject<HTMLFormElement | null>): (name: string) => void {
  return useCallback(
    (name) => {
      const field = form.current?.elements.namedItem(name);
      if (field instanceof HTMLInputElement) {
        field.focus();
        field.select();
      }
    },
    [form],
  );
}
