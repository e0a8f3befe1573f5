import { useTranslation } from "react-i18next";
import { dayOf } from "@/shared/days";
import { isAuction } from "@/shared/market/market-status";
import {
  type Draft,
  hasExits,
  hasTrigger,
  isPostOnly,
  mayBeIceberg,
  mayBePostOnly,
  mayHaveCap,
  mayHaveMinimum,
  needsCap,
  type TimeInForce,
  timeInForceOf,
  timesInForce,
} from "@/shared/order-draft/draft";
import { type SelfTradePrevention, useDraft } from "@/shared/order-draft/draft-store";
import type { Problem } from "@/shared/order-draft/value-rules";
import { useSettings } from "@/shared/settings";
import { DayField } from "@/shared/ui/DayField";
import type { SymbolTerms } from "@/shared/wire/types";
import { NumberField } from "./NumberField";
import styles from "./Options.module.css";
import { PriceLine, useProblemText } from "./PriceLine";
import { WatchedPrice } from "./TriggerFields";
import { useFormActions } from "./use-form-actions";
import type { FormReading } from "./use-reading";

const PREVENTIONS: readonly SelfTradePrevention[] = [
  "cancel_newest",
  "cancel_oldest",
  "cancel_both",
  "decrement",
];

interface OptionsProps {
  terms: SymbolTerms;
  formReading: FormReading;
  problem: Problem | null;
}

/** How long the order lives, whether it may take, and, folded away, what few orders need. */
export function Options({ terms, formReading, problem }: OptionsProps) {
  const { t } = useTranslation("order");
  const form = useDraft();
  const chosen = foldedCount(form);
  return (
    <div className={styles.options}>
      <Times status={terms.status} />
      {mayBePostOnly(form) && (
        <Check
          name="post-only"
          label={t("postOnly")}
          help={t("postOnlyHelp")}
          checked={form.postOnly}
          disabled={isAuction(terms.status) && !form.postOnly}
          onChange={(postOnly) => form.change({ postOnly })}
        />
      )}
      {timeInForceOf(form) === "gtd" && <Expiry problem={problem} />}
      <details className={styles.more}>
        <summary data-testid="order-more">{chosen > 0 ? t("moreChosen", { chosen }) : t("more")}</summary>
        <More terms={terms} formReading={formReading} problem={problem} />
      </details>
    </div>
  );
}

/** The times in force the order may have; in an auction only those that stay. */
function Times({ status }: { status: string }) {
  const { t } = useTranslation("order");
  const form = useDraft();
  const times = timesInForce(form);
  const chosen = timeInForceOf(form);
  if (times.length === 1) return null;
  const isOut = (time: TimeInForce) =>
    isAuction(status) && !hasTrigger(form.kind) && (time === "ioc" || time === "fok");
  return (
    <select
      aria-label={t("timeInForce")}
      title={t(`timesInForceHelp.${chosen}`)}
      value={chosen}
      data-testid="order-tif"
      onChange={(event) => {
        const timeInForce = event.target.value as TimeInForce;
        const expireDay = form.expireDay === "" ? dayOf(Date.now()) : form.expireDay;
        form.change(timeInForce === "gtd" ? { timeInForce, expireDay } : { timeInForce });
      }}
    >
      {times.map((time) => (
        <option key={time} value={time} title={t(`timesInForceHelp.${time}`)} disabled={isOut(time)}>
          {t(`timesInForce.${time}`)}
        </option>
      ))}
    </select>
  );
}

/** The day and the minute a gtd order ends, in the reader's own time. */
function Expiry({ problem }: { problem: Problem | null }) {
  const { t } = useTranslation("order");
  const text = useProblemText(problem)("expiry");
  const { expireDay, expireTime, change } = useDraft();
  return (
    <div className={styles.expiry}>
      <DayField
        label={t("expires")}
        value={expireDay}
        min={dayOf(Date.now())}
        testId="order-expire-day"
        onChange={(day) => change({ expireDay: day })}
      />
      <input
        name="expiry"
        inputMode="numeric"
        aria-label={t("expireTime")}
        aria-invalid={text !== null}
        autoComplete="off"
        size={5}
        maxLength={5}
        value={expireTime}
        data-testid="order-expire-time"
        onChange={(event) => change({ expireTime: event.target.value })}
      />
      {text && (
        <p className={styles.problem} role="alert" data-testid="order-expiry-problem">
          {text}
        </p>
      )}
    </div>
  );
}

function More({ terms, formReading, problem }: OptionsProps) {
  const { t } = useTranslation("order");
  const form = useDraft();
  const actions = useFormActions(terms, formReading);
  const problemText = useProblemText(problem);
  const { confirmOrders, set } = useSettings();
  const hasCap = mayHaveCap(form) && !needsCap(form);
  const cap = { field: "cap", labelKey: "cap", placeholder: t("none"), inline: true } as const;
  return (
    <div className={styles.moreBox}>
      {hasCap && <PriceLine terms={terms} actions={actions} problemText={problemText} {...cap} />}
      {mayBeIceberg(form) && <DisplayQuantity terms={terms} problem={problemText("displayQuantity")} />}
      {mayHaveMinimum(form) && <MinQuantity terms={terms} problem={problemText("minQuantity")} />}
      {isPostOnly(form) && (
        <Check
          name="reprice"
          label={t("reprice")}
          help={t("repriceHelp")}
          checked={form.reprice}
          onChange={(reprice) => form.change({ reprice })}
        />
      )}
      {hasExits(form.kind) && (
        <div className={styles.stp}>
          {t("stopWatches")} <WatchedPrice />
        </div>
      )}
      {hasTrigger(form.kind) && form.kind !== "trailing_stop" && (
        <Check
          name="fire-if-met"
          label={t("fireIfMet")}
          help={t("fireIfMetHelp")}
          checked={form.fireIfMet}
          onChange={(fireIfMet) => form.change({ fireIfMet })}
        />
      )}
      <Prevention />
      <Check
        name="confirm-option"
        label={t("confirmOption")}
        checked={confirmOrders}
        onChange={(checked) => set({ confirmOrders: checked })}
      />
      <p>{t("keys")}</p>
    </div>
  );
}

/** What an iceberg shows at a time. */
function DisplayQuantity({ terms, problem }: { terms: SymbolTerms; problem: string | null }) {
  const { t } = useTranslation("order");
  const { displayQuantity, change } = useDraft();
  return (
    <NumberField
      name="displayQuantity"
      label={t("display")}
      unit={terms.base_asset}
      value={displayQuantity}
      decimals={terms.quantity_scale}
      problem={problem}
      placeholder={t("displayAll")}
      onChange={(text) => change({ displayQuantity: text })}
      inline
    />
  );
}

/** What trades at least as the order enters. */
function MinQuantity({ terms, problem }: { terms: SymbolTerms; problem: string | null }) {
  const { t } = useTranslation("order");
  const { minQuantity, change } = useDraft();
  return (
    <NumberField
      name="minQuantity"
      label={t("minimum")}
      unit={terms.base_asset}
      value={minQuantity}
      decimals={terms.quantity_scale}
      problem={problem}
      placeholder={t("none")}
      onChange={(text) => change({ minQuantity: text })}
      inline
    />
  );
}

function Prevention() {
  const { t } = useTranslation("order");
  const { stp, change } = useDraft();
  return (
    <label className={styles.stp} title={t("stpHelp")}>
      {t("stp")}
      <select
        value={stp}
        data-testid="order-stp"
        onChange={(event) => change({ stp: event.target.value as SelfTradePrevention })}
      >
        {PREVENTIONS.map((mode) => (
          <option key={mode} value={mode}>
            {t(`stpModes.${mode}`)}
          </option>
        ))}
      </select>
    </label>
  );
}

interface CheckProps {
  name: string;
  label: string;
  help?: string;
  checked: boolean;
  disabled?: boolean;
  onChange: (checked: boolean) => void;
}

function Check({ name, label, help, checked, disabled, onChange }: CheckProps) {
  return (
    <label title={help}>
      <input
        type="checkbox"
        checked={checked}
        disabled={disabled}
        data-testid={`order-${name}`}
        onChange={(event) => onChange(event.target.checked)}
      />
      {label}
    </label>
  );
}

/** How many options behind the fold are other than usual. */
function foldedCount(form: Draft & { stp: SelfTradePrevention }): number {
  return [
    mayHaveCap(form) && !needsCap(form) && form.cap !== "",
    mayBeIceberg(form) && form.displayQuantity !== "",
    mayHaveMinimum(form) && form.minQuantity !== "",
    isPostOnly(form) && form.reprice,
    hasTrigger(form.kind) && form.kind !== "trailing_stop" && form.fireIfMet,
    form.stp !== "cancel_newest",
  ].filter(Boolean).length;
}

/** Whether the options hide a problem: then the fold has to open. */
export function isFolded(field: string, draft: Draft): boolean {
  return field === "displayQuantity" || field === "minQuantity" || (field === "cap" && !needsCap(draft));
}
