import { useCallback } from "react";
import { fromUnits, grouped, toUnits } from "@/shared/numbers";
import type { SymbolSpec } from "@/shared/wire/types";
import type { FormReading } from "./use-reading";
import { useOrderForm } from "./form-store";
import type { StepSize } from "./NumberField";
import {
  affordable,
  baseToQuantity,
  firstQuantity,
  holdRate,
  onLot,
  parseInput,
  quantityStep,
  shareOf,
  shiftPrice,
  stepPrice,
  stepQuantity,
  walkAmount,
  wire,
} from "./maths";

/** Steps with Shift held. */
const LARGE = 10;

export interface FormActions {
  stepPrice(direction: 1 | -1, size: StepSize): void;
  shiftPrice(percent: 1 | -1): void;
  stepQuantity(direction: 1 | -1, size: StepSize): void;
  takePercent(percent: number): void;
}

/** What the buttons and arrow keys of the form do to the draft. */
export function useFormActions(spec: SymbolSpec, { around, reading }: FormReading): FormActions {
  const form = useOrderForm();
  const opposite = (form.side === "buy" ? around.asks : around.bids)[0]?.[0] ?? null;
  const price = form.kind === "limit" ? reading.price : opposite;
  const base = parseInput(form.price, spec.price_scale) ?? opposite;
  const setPrice = (units: bigint) => form.change({ price: grouped(fromUnits(units, spec.price_scale)) });
  const setQuantity = (units: bigint, percent: number | null = null) =>
    form.change({ quantity: grouped(wire(units, spec.quantity_scale)), percent });

  return {
    stepPrice(direction, size) {
      if (base === null) return;
      let next = base;
      for (let count = 0; count < (size === "large" ? LARGE : 1); count += 1) next = stepPrice(spec, next, direction);
      setPrice(next);
    },
    shiftPrice(percent) {
      if (base !== null) setPrice(shiftPrice(spec, base, BigInt(percent)));
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
      if (form.side === "sell") return setQuantity(onLot(spec, baseToQuantity(spec, share)), percent);
      if (form.kind === "market" && form.amountIn === "quote") {
        return form.change({ quoteAmount: grouped(roundedAmount(share, spec)), percent });
      }
      if (form.kind === "market") {
        return setQuantity(walkAmount(spec, around.asks, share, around.takerRate).quantity, percent);
      }
      if (price === null) return;
      setQuantity(affordable(spec, share, price, holdRate(around.makerRate, around.takerRate)), percent);
    },
  };
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
