import { useCallback } from "react";
import { fromUnits, grouped, toUnits } from "@/shared/numbers";
import type { SymbolSpec } from "@/shared/wire/types";
import type { FormReading } from "./use-reading";
import { useOrderForm } from "./form-store";
import type { StepSize } from "./NumberField";
import { quantityFor } from "./check";
import { hasTrigger, isAtMarket, namesAmount, type PriceField } from "./draft";
import {
  baseToQuantity,
  firstQuantity,
  onLot,
  parseInput,
  quantityStep,
  shareOf,
  shiftPrice,
  stepPrice,
  stepQuantity,
  walkAmount,
  walkQuantity,
  wire,
} from "./maths";

/** Steps with Shift held. */
const LARGE = 10;

export interface FormActions {
  stepPrice(field: PriceField, direction: 1 | -1, size: StepSize): void;
  shiftPrice(percent: 1 | -1): void;
  stepQuantity(direction: 1 | -1, size: StepSize): void;
  takePercent(percent: number): void;
}

/** What the buttons and arrow keys of the form do to the draft. */
export function useFormActions(spec: SymbolSpec, { around, reading }: FormReading): FormActions {
  const form = useOrderForm();
  const opposite = (form.side === "buy" ? around.asks : around.bids)[0]?.[0] ?? null;
  const expected = parseInput(form.cap, spec.price_scale) ?? parseInput(form.triggerPrice, spec.price_scale);
  // What one unit costs, for sizes: an order that waits costs what it names.
  const price = isAtMarket(form) ? (hasTrigger(form.kind) ? (expected ?? around.last) : opposite) : reading.price;
  // Where an empty price field starts.
  const start = around.last ?? opposite;
  const setPrice = (field: PriceField, units: bigint) =>
    form.change({ [field]: grouped(fromUnits(units, spec.price_scale)), priceField: field });
  const setQuantity = (units: bigint, percent: number | null = null) =>
    form.change({ quantity: grouped(wire(units, spec.quantity_scale)), percent });

  return {
    stepPrice(field, direction, size) {
      const typed = parseInput(form[field], spec.price_scale);
      if (typed === null && start !== null) return setPrice(field, start);
      if (typed === null) return;
      let next = typed;
      for (let count = 0; count < (size === "large" ? LARGE : 1); count += 1) next = stepPrice(spec, next, direction);
      setPrice(field, next);
    },
    shiftPrice(percent) {
      const base = parseInput(form.price, spec.price_scale) ?? opposite;
      if (base !== null) setPrice("price", shiftPrice(spec, base, BigInt(percent)));
    },
    stepQuantity(direction, size) {
      const quantity = parseInput(form.quantity, spec.quantity_scale);
      if (quantity === null) return setQuantity(firstQuantity(spec, price ?? 0n));
      const usual = quantityStep(spec, form.quantity);
      const step = { least: toUnits(spec.lot_size, spec.quantity_scale), usual, large: usual * BigInt(LARGE) }[size];
      const next = stepQuantity(spec, quantity, step, direction);
      // The decimals typed stay, so that the next step is as large as this one.
      const decimals = Math.min(form.quantity.split(".")[1]?.length ?? 0, spec.quantity_scale);
      const text = fromUnits(next, spec.quantity_scale);
      const kept = decimals === 0 ? (text.split(".")[0] ?? "") : text.slice(0, text.length - spec.quantity_scale + decimals);
      const exact = toUnits(kept, spec.quantity_scale) === next ? kept : wire(next, spec.quantity_scale);
      form.change({ quantity: grouped(exact) });
    },
    takePercent(percent) {
      if (around.available === null) return;
      const share = shareOf(around.available, percent);
      if (namesAmount(form)) {
        const worth = form.side === "buy" ? share : valueOf(share);
        return form.change({ quoteAmount: grouped(roundedAmount(worth, spec)), percent });
      }
      if (form.side === "sell") return setQuantity(onLot(spec, baseToQuantity(spec, share)), percent);
      if (isAtMarket(form) && !hasTrigger(form.kind)) {
        return setQuantity(walkAmount(spec, around.asks, share, around.takerRate).quantity, percent);
      }
      if (price !== null) setQuantity(quantityFor(form, share, price, around), percent);
    },
  };

  /** What a share of the base asset would sell for. */
  function valueOf(share: bigint): bigint {
    return walkQuantity(spec, around.bids, onLot(spec, baseToQuantity(spec, share))).value;
  }
}

/** An amount to spend without needless decimals: as many as prices have, rounded down. */
function roundedAmount(units: bigint, spec: SymbolSpec): string {
  const unit = 10n ** BigInt(spec.quote_scale - spec.price_scale);
  return wire((units / unit) * unit, spec.quote_scale);
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
