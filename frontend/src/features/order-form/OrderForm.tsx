import { useCallback, useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { useErrorText } from "@/shared/errors";
import { takesOrders, useStatusText } from "@/shared/market/market-status";
import { fromUnits, grouped, wireDecimal } from "@/shared/numbers";
import { namesAmount, type Side } from "@/shared/order-draft/draft";
import { forgetSizes, useDraft } from "@/shared/order-draft/draft-store";
import type { Problem } from "@/shared/order-draft/value-rules";
import { useMayTrade, usePage } from "@/shared/page";
import { useSettings } from "@/shared/settings";
import { showFailure } from "@/shared/ui/failure-toast";
import { UNREACHABLE } from "@/shared/wire/api";
import { useConnection } from "@/shared/wire/connection";
import { type PendingOrder, usePending } from "@/shared/wire/pending";
import type { Ticket } from "@/shared/wire/trading";
import type { SymbolTerms } from "@/shared/wire/types";
import { ConfirmOrder } from "./ConfirmOrder";
import { Fields } from "./Fields";
import { Kinds } from "./Kinds";
import { NoTrading } from "./NoTrading";
import { isFolded, Options } from "./Options";
import styles from "./OrderForm.module.css";
import { Available, OrderSummary } from "./OrderSummary";
import { useShortcuts } from "./shortcuts";
import { problemOf, sendTicket, ticketOf } from "./submit";
import { useFocusField } from "./use-form-actions";
import { type FormReading, useReading } from "./use-reading";

/** The order form, for visitors and for users whose role trades. */
export function OrderForm({ terms }: { terms: SymbolTerms }) {
  return useMayTrade() ? <TradingForm terms={terms} /> : <NoTrading />;
}

/** A draft, what it would cost, why it cannot be sent, and the button that sends it. */
function TradingForm({ terms }: { terms: SymbolTerms }) {
  const { t } = useTranslation("order");
  const { username } = usePage();
  const form = useDraft();
  const element = useRef<HTMLFormElement>(null);
  const focusField = useFocusField(element);
  const formReading = useReading(terms);
  useFirstPrice(terms, formReading);
  const { sending, asked, onSubmit, send, cancel } = useSending(terms, formReading, focusField);

  const { setSide, clear } = form;
  const problem = shownProblem(form, formReading);
  useUnfolded(element, problem);
  const onSide = useCallback(
    (side: Side) => {
      setSide(side);
      focusField("quantity");
    },
    [setSide, focusField],
  );
  useShortcuts({ onSide, onClear: clear });

  const visitor = username === "";
  return (
    <form
      ref={element}
      className={styles.form}
      aria-label={t("title")}
      noValidate
      data-testid="order-form"
      onSubmit={(event) => {
        event.preventDefault();
        onSubmit();
      }}
    >
      <fieldset disabled={visitor} className={styles.fieldset}>
        <Sides side={form.side} onSide={setSide} />
        <div className={styles.scroll}>
          <Kinds status={terms.status} />
          <Available terms={terms} side={form.side} />
          <Fields terms={terms} formReading={formReading} problem={problem} />
          <Options terms={terms} formReading={formReading} problem={problem} />
          <OrderSummary terms={terms} formReading={formReading} />
        </div>
        <div className={styles.foot}>
          {!visitor && <Advice terms={terms} formReading={formReading} problem={problem} />}
          {!visitor && <SendButton terms={terms} formReading={formReading} sending={sending} />}
        </div>
      </fieldset>
      {visitor && <LogIn terms={terms} />}
      {asked && (
        <ConfirmOrder ticket={asked} terms={terms} formReading={formReading} onSend={send} onClose={cancel} />
      )}
    </form>
  );
}

function LogIn({ terms }: { terms: SymbolTerms }) {
  const { t } = useTranslation("order");
  const href = `/accounts/login/?next=/trade/${terms.symbol}`;
  return (
    <a className={styles.logIn} href={href} data-testid="order-log-in">
      {t("logInToTrade")}
    </a>
  );
}

/** What the exchange refused comes first; then, once a person has tried or left a field, what we would refuse. */
function shownProblem(
  form: { refusal: Problem | null; touched: boolean },
  { reading }: FormReading,
): Problem | null {
  if (form.refusal) return form.refusal;
  const { problem } = reading;
  // Nothing typed yet is no mistake.
  return problem?.code === "MISSING_FIELD" && !form.touched ? null : problem;
}

/** A problem inside the fold opens it. */
function useUnfolded(form: React.RefObject<HTMLFormElement | null>, problem: Problem | null): void {
  const field = problem?.field ?? "form";
  useEffect(() => {
    const fold = form.current?.querySelector("details");
    if (fold && isFolded(field, useDraft.getState())) fold.open = true;
  }, [form, field]);
}

/** A fresh form starts at the best price it could trade at. */
function useFirstPrice(terms: SymbolTerms, { around }: FormReading): void {
  const { symbol, start, change } = useDraft();
  const offered = useRef<string | null>(null);
  useEffect(() => start(terms.symbol), [terms.symbol, start]);
  useEffect(() => {
    const form = useDraft.getState();
    const best = (form.side === "buy" ? around.asks : around.bids)[0]?.[0];
    if (symbol !== terms.symbol || offered.current === symbol || best === undefined) return;
    offered.current = symbol;
    if (form.price === "") change({ price: fromUnits(best, terms.price_scale) });
  }, [symbol, terms, around, change]);
}

/** What was refused for want of a connection is no longer true once there is one. */
function useConnectionRefusal(): void {
  const { state } = useConnection();
  const refusal = useDraft((form) => form.refusal);
  const refuse = useDraft((form) => form.refuse);
  useEffect(() => {
    if (state === "live" && refusal?.code === UNREACHABLE) refuse(null);
  }, [state, refusal, refuse]);
}

function isOnItsWay(orders: ReadonlyMap<string, PendingOrder>, symbol: string): boolean {
  return [...orders.values()].some((order) => order.symbol === symbol);
}

/** Sending: check, ask if wanted, send, and bring the answer back. */
function useSending(terms: SymbolTerms, { reading }: FormReading, focusField: (name: string) => void) {
  const { t } = useTranslation("order");
  const form = useDraft();
  useConnectionRefusal();
  const { confirmOrders: confirms, cancelOnDisconnect } = useSettings();
  // Until the exchange has answered, also when the form was left meanwhile.
  const sending = usePending(({ orders }) => isOnItsWay(orders, terms.symbol));
  const [asked, setAsked] = useState<Ticket | null>(null);

  const send = async (ticket: Ticket) => {
    setAsked(null);
    const isStillHere = () => useDraft.getState().symbol === terms.symbol;
    try {
      await sendTicket(ticket);
      if (isStillHere()) forgetSizes();
    } catch (error) {
      const problem = problemOf(error, form, ticket);
      if (!isStillHere()) return showFailure(t("notPlaced", { symbol: terms.symbol }), error);
      form.refuse(problem);
      focusField(problem.field);
    }
  };
  const onSubmit = () => {
    // Not by what was last drawn: a second key press may come before that.
    if (isOnItsWay(usePending.getState().orders, terms.symbol) || !takesOrders(terms.status)) return;
    form.touch();
    if (reading.problem) return focusField(reading.problem.field);
    try {
      const ticket = ticketOf(form, { stp: form.stp, cancelOnDisconnect }, reading, terms);
      if (confirms) setAsked(ticket);
      else void send(ticket);
    } catch (error) {
      console.error(error);
      form.refuse({ field: "form", code: "INTERNAL" });
    }
  };
  return {
    sending,
    asked,
    onSubmit,
    send: (ticket: Ticket) => void send(ticket),
    cancel: () => setAsked(null),
  };
}

function Sides({ side, onSide }: { side: Side; onSide: (side: Side) => void }) {
  const { t } = useTranslation("order");
  return (
    <div className={styles.sides} role="group" aria-label={t("side")}>
      {(["buy", "sell"] as const).map((each) => (
        <button
          key={each}
          type="button"
          data-side={each}
          aria-pressed={side === each}
          aria-keyshortcuts={each === "buy" ? "B" : "S"}
          title={t("shortcut", { key: each === "buy" ? "B" : "S" })}
          data-testid={`order-side-${each}`}
          onClick={() => onSide(each)}
        >
          {t(each)}
        </button>
      ))}
    </div>
  );
}

interface AdviceProps {
  terms: SymbolTerms;
  formReading: FormReading;
  problem: Problem | null;
}

/** What concerns no single field: a refusal, or something to know before sending. */
function Advice({ terms, formReading, problem }: AdviceProps) {
  const { t } = useTranslation("order");
  const errorText = useErrorText();
  const { notice } = formReading.reading;
  if (problem?.field === "form") {
    return (
      <p className={styles.problem} role="alert" data-testid="order-problem">
        {errorText(problem.code, problem.values)}
      </p>
    );
  }
  return (
    <p className={styles.notice} role="status" data-testid="order-notice">
      {notice && takesOrders(terms.status) && t(`notices.${notice.code}`, notice.values ?? {})}
    </p>
  );
}

interface SendButtonProps {
  terms: SymbolTerms;
  formReading: FormReading;
  sending: boolean;
}

/** The button names what it does, with the number as it was understood. */
function SendButton({ terms, formReading: { reading }, sending }: SendButtonProps) {
  const { t } = useTranslation("order");
  const form = useDraft();
  const { side } = form;
  const inQuote = namesAmount(form);
  const what = inQuote
    ? reading.quoteAmount &&
      `${grouped(wireDecimal(reading.quoteAmount, terms.quote_scale))} ${terms.quote_asset}`
    : reading.quantity &&
      `${grouped(wireDecimal(reading.quantity, terms.quantity_scale))} ${terms.base_asset}`;
  const text = what
    ? t(inQuote ? `${side}ForAmount` : `${side}Quantity`, { what })
    : t(`${side}Asset`, { asset: terms.base_asset });
  const statusText = useStatusText(terms);
  const stopped = !takesOrders(terms.status);
  return (
    <button
      type="submit"
      className={styles.send}
      data-side={side}
      disabled={sending || stopped}
      aria-busy={sending}
      data-testid="order-send"
    >
      {stopped ? statusText("send") : sending ? t("sending") : text}
    </button>
  );
}
