import { useTranslation } from "react-i18next";
import { useErrorText } from "@/shared/errors";
import { fromUnits, grouped } from "@/shared/numbers";
import type { SymbolSpec } from "@/shared/wire/types";
import { type Field, firesBelow, hasTrigger, isAtMarket, mayNameAmount, namesAmount, needsCap, type PriceField } from "./draft";
import { useOrderForm } from "./form-store";
import { NumberField } from "./NumberField";
import styles from "./OrderForm.module.css";
import { PERCENT_SCALE, type Problem } from "./rules";
import { type FormActions, useFormActions } from "./use-form-actions";
import type { FormReading } from "./use-reading";

interface FieldsProps {
  spec: SymbolSpec;
  formReading: FormReading;
  problem: Problem | null;
}

/** The numbers that the kind of order has, and the buttons that fill them. */
export function Fields({ spec, formReading, problem }: FieldsProps) {
  const form = useOrderForm();
  const actions = useFormActions(spec, formReading);
  const words = useWords(problem);
  const line = { spec, actions, words };
  return (
    <>
      {form.kind === "bracket" && <EntryAt />}
      {form.kind === "trailing_stop" && <Trail spec={spec} words={words} />}
      {hasTrigger(form.kind) && form.kind !== "trailing_stop" && <Trigger {...line} />}
      {!isAtMarket(form) && <Price {...line} formReading={formReading} />}
      {form.kind === "oco" && <OcoStop {...line} />}
      {needsCap(form) && <PriceLine {...line} field="cap" word="cap" inline />}
      <Size {...line} />
      <Percents actions={actions} />
      {form.kind === "bracket" && <Exits {...line} />}
    </>
  );
}

type WordsFor = (field: Field) => string | null;

/** What is wrong with a field, in words. */
export function useWords(problem: Problem | null): WordsFor {
  const errorText = useErrorText();
  return (field) => (problem?.field === field ? errorText(problem.code, problem.values) : null);
}

interface LineProps {
  spec: SymbolSpec;
  actions: FormActions;
  words: WordsFor;
}

interface PriceLineProps extends LineProps {
  field: PriceField;
  /** Its label. */
  word: "price" | "limitPrice" | "entryPrice" | "trigger" | "cap" | "stopTrigger" | "stopLimit" | "takeProfit";
  /** Beside the label: which way the market has to go. */
  sign?: string;
  placeholder?: string;
  controls?: React.ReactNode;
  inline?: boolean;
}

/** A price of the draft, stepped by ticks. A price of the book goes where the person was last. */
export function PriceLine({ spec, actions, words, field, word, sign, ...rest }: PriceLineProps) {
  const { t } = useTranslation("order");
  const form = useOrderForm();
  return (
    <NumberField
      name={field}
      label={sign ? `${t(word)} ${sign}` : t(word)}
      unit={spec.quote_asset}
      value={form[field]}
      decimals={spec.price_scale}
      problem={words(field)}
      onChange={(text) => form.change({ [field]: text, priceField: field })}
      onFocus={() => form.priceField !== field && useOrderForm.setState({ priceField: field })}
      onStep={(direction, size) => actions.stepPrice(field, direction, size)}
      {...rest}
    />
  );
}

function Price({ formReading, ...line }: LineProps & { formReading: FormReading }) {
  const { kind } = useOrderForm();
  const word = kind === "bracket" ? "entryPrice" : kind === "limit" ? "price" : "limitPrice";
  const buttons = <PriceButtons spec={line.spec} formReading={formReading} actions={line.actions} />;
  return <PriceLine {...line} field="price" word={word} controls={buttons} />;
}

function Trigger(line: LineProps) {
  const { kind, side } = useOrderForm();
  return (
    <PriceLine {...line} field="triggerPrice" word="trigger" sign={firesBelow(kind, side) ? "≤" : "≥"} controls={<WatchedPrice />} />
  );
}

/** What the trigger watches: the last price or the quote. */
export function WatchedPrice() {
  const { t } = useTranslation("order");
  const { triggerSource, side, kind, change } = useOrderForm();
  // Of a bracket the exit watches, which is a sell.
  const watchesAsk = side === "buy" && kind !== "bracket";
  return (
    <span className={styles.chips} role="group" aria-label={t("triggerSource")}>
      {(["last", "quote"] as const).map((source) => (
        <button
          key={source}
          type="button"
          aria-pressed={triggerSource === source}
          data-testid={`order-source-${source}`}
          onClick={() => change({ triggerSource: source })}
        >
          {t(source === "last" ? "lastPrice" : watchesAsk ? "bestAsk" : "bestBid")}
        </button>
      ))}
    </span>
  );
}

/** The distance a trailing stop keeps. */
function Trail({ spec, words }: { spec: SymbolSpec; words: WordsFor }) {
  const { t } = useTranslation("order");
  const form = useOrderForm();
  const byPercent = form.trailBy === "percent";
  const field = byPercent ? "trailPercent" : "trailOffset";
  const units = (
    <span className={styles.chips} role="group" aria-label={t("trailBy")}>
      {(["percent", "offset"] as const).map((by) => (
        <button key={by} type="button" aria-pressed={form.trailBy === by} data-testid={`order-trail-${by}`} onClick={() => form.change({ trailBy: by })}>
          {by === "percent" ? "%" : spec.quote_asset}
        </button>
      ))}
      <WatchedPrice />
    </span>
  );
  return (
    <NumberField
      key={field}
      name={field}
      label={t("trail")}
      unit={byPercent ? "%" : spec.quote_asset}
      value={form[field]}
      decimals={byPercent ? PERCENT_SCALE : spec.price_scale}
      problem={words(field)}
      onChange={(text) => form.change({ [field]: text })}
      controls={units}
    />
  );
}

function OcoStop(line: LineProps) {
  const { t } = useTranslation("order");
  const { side } = useOrderForm();
  const placeholder = side === "sell" ? t("atMarket") : "";
  return (
    <>
      <PriceLine {...line} field="triggerPrice" word="stopTrigger" sign={firesBelow("stop", side) ? "≤" : "≥"} controls={<WatchedPrice />} />
      <PriceLine {...line} field="stopLimitPrice" word="stopLimit" placeholder={placeholder} inline />
    </>
  );
}

/** Where a bracket sells what it bought. */
function Exits(line: LineProps) {
  const { t } = useTranslation("order");
  return (
    <>
      <PriceLine {...line} field="takeProfitPrice" word="takeProfit" inline />
      <PriceLine {...line} field="stopPrice" word="stopTrigger" sign="≤" inline />
      <PriceLine {...line} field="stopLimitPrice" word="stopLimit" placeholder={t("atMarket")} inline />
    </>
  );
}

/** Whether a bracket buys at a price or at market. */
function EntryAt() {
  const { t } = useTranslation("order");
  const { entryAt, change } = useOrderForm();
  return (
    <div className={styles.chips} role="group" aria-label={t("entry")}>
      {(["limit", "market"] as const).map((at) => (
        <button key={at} type="button" aria-pressed={entryAt === at} data-testid={`order-entry-${at}`} onClick={() => change({ entryAt: at })}>
          {t(at === "limit" ? "entryLimit" : "entryMarket")}
        </button>
      ))}
    </div>
  );
}

function Size({ spec, actions, words }: LineProps) {
  const { t } = useTranslation("order");
  const form = useOrderForm();
  const unit = mayNameAmount(form) ? <AmountUnit spec={spec} /> : undefined;
  if (namesAmount(form)) {
    return (
      <NumberField
        key="quoteAmount"
        name="quoteAmount"
        label={t(form.side === "buy" ? "spend" : "sellFor")}
        unit={spec.quote_asset}
        value={form.quoteAmount}
        decimals={spec.quote_scale}
        problem={words("quoteAmount")}
        onChange={(quoteAmount) => form.change({ quoteAmount })}
        controls={unit}
      />
    );
  }
  return (
    <NumberField
      key="quantity"
      name="quantity"
      label={t("quantity")}
      unit={spec.base_asset}
      value={form.quantity}
      decimals={spec.quantity_scale}
      problem={words("quantity")}
      onChange={(quantity) => form.change({ quantity })}
      onStep={actions.stepQuantity}
      controls={unit}
    />
  );
}

interface PriceButtonsProps {
  spec: SymbolSpec;
  formReading: FormReading;
  actions: FormActions;
}

/** One per cent down or up, and the best prices of the book. */
function PriceButtons({ spec, formReading: { around }, actions }: PriceButtonsProps) {
  const { t } = useTranslation("order");
  const change = useOrderForm((form) => form.change);
  const best = (side: "bids" | "asks") => {
    const price = around[side][0]?.[0];
    const text = price === undefined ? undefined : grouped(fromUnits(price, spec.price_scale));
    return (
      <button
        type="button"
        disabled={text === undefined}
        title={text}
        data-testid={`order-price-${side}`}
        onClick={() => text !== undefined && change({ price: text, priceField: "price" })}
      >
        {t(side === "bids" ? "bestBid" : "bestAsk")}
      </button>
    );
  };
  return (
    <span className={styles.chips}>
      <button type="button" data-testid="order-price-minus-1" onClick={() => actions.shiftPrice(-1)}>
        −1%
      </button>
      {best("bids")}
      {best("asks")}
      <button type="button" data-testid="order-price-plus-1" onClick={() => actions.shiftPrice(1)}>
        +1%
      </button>
    </span>
  );
}

/** Whether an order at market names a quantity or an amount. */
function AmountUnit({ spec }: { spec: SymbolSpec }) {
  const { t } = useTranslation("order");
  const { amountIn, change } = useOrderForm();
  return (
    <span className={styles.chips} role="group" aria-label={t("amountIn")}>
      {(["base", "quote"] as const).map((unit) => (
        <button
          key={unit}
          type="button"
          aria-pressed={amountIn === unit}
          data-testid={`order-amount-${unit}`}
          onClick={() => change({ amountIn: unit })}
        >
          {unit === "base" ? spec.base_asset : spec.quote_asset}
        </button>
      ))}
    </span>
  );
}

function Percents({ actions }: { actions: FormActions }) {
  const { t } = useTranslation("order");
  const percent = useOrderForm((form) => form.percent);
  return (
    <div className={styles.percents} role="group" aria-label={t("shareOfAvailable")}>
      {[25, 50, 75, 100].map((share) => (
        <button
          key={share}
          type="button"
          aria-pressed={percent === share}
          data-testid={`order-percent-${share}`}
          onClick={() => actions.takePercent(share)}
        >
          {share}%
        </button>
      ))}
    </div>
  );
}
