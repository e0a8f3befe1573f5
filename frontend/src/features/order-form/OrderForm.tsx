import { useCallback, useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { useErrorText } from "@/shared/errors";
import { fromUnits, grouped } from "@/shared/numbers";
import { usePage } from "@/shared/page";
import { takesOrders, useStatusText } from "@/shared/market-status";
import { useSettings } from "@/shared/settings/settings";
import type { Ticket } from "@/shared/wire/trading";
import type { SymbolSpec } from "@/shared/wire/types";
import { ConfirmOrder } from "./ConfirmOrder";
import { namesAmount, type Side } from "./draft";
import { Fields } from "./Fields";
import { forgetSizes, useOrderForm } from "./form-store";
import { Kinds } from "./Kinds";
import { isFolded, Options } from "./Options";
import styles from "./OrderForm.module.css";
import type { Problem } from "./rules";
import { problemOf, sendTicket, ticketOf } from "./submit";
import { Available, Summary } from "./Summary";
import { useShortcuts } from "./shortcuts";
import { useFocusField } from "./use-form-actions";
import { type FormReading, useReading } from "./use-reading";

/** The order form: a draft, what it would cost, why it cannot be sent, and the button that sends it. */
export function OrderForm({ spec }: { spec: SymbolSpec }) {
  const { t } = useTranslation("order");
  const { username } = usePage();
  const form = useOrderForm();
  const element = useRef<HTMLFormElement>(null);
  const focusField = useFocusField(element);
  const formReading = useReading(spec);
  useFirstPrice(spec, formReading);
  const { sending, asked, onSubmit, send, cancel } = useSending(spec, formReading, focusField);

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
          <Kinds status={spec.status} />
          <Available spec={spec} side={form.side} />
          <Fields spec={spec} formReading={formReading} problem={problem} />
          <Options spec={spec} formReading={formReading} problem={problem} />
          <Summary spec={spec} formReading={formReading} />
        </div>
        <div className={styles.foot}>
          {!visitor && <Advice spec={spec} formReading={formReading} problem={problem} />}
          {!visitor && <SendButton spec={spec} formReading={formReading} sending={sending} />}
        </div>
      </fieldset>
      {visitor && (
        <a className={styles.logIn} href={`/accounts/login/?next=/trade/${spec.symbol}`} data-testid="order-log-in">
          {t("logInToTrade")}
        </a>
      )}
      {asked && <ConfirmOrder ticket={asked} spec={spec} formReading={formReading} onSend={send} onClose={cancel} />}
    </form>
  );
}

/** What the exchange refused comes first; then, once a person has tried or left a field, what we would refuse. */
function shownProblem(form: { refusal: Problem | null; touched: boolean }, { reading }: FormReading): Problem | null {
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
    if (fold && isFolded(field, useOrderForm.getState())) fold.open = true;
  }, [form, field]);
}

/** A fresh form starts at the best price it could trade at. */
function useFirstPrice(spec: SymbolSpec, { around }: FormReading): void {
  const { symbol, start, change } = useOrderForm();
  const offered = useRef<string | null>(null);
  useEffect(() => start(spec.symbol), [spec.symbol, start]);
  useEffect(() => {
    const form = useOrderForm.getState();
    const best = (form.side === "buy" ? around.asks : around.bids)[0]?.[0];
    if (symbol !== spec.symbol || offered.current === symbol || best === undefined) return;
    offered.current = symbol;
    if (form.price === "") change({ price: grouped(fromUnits(best, spec.price_scale)) });
  }, [symbol, spec, around, change]);
}

/** Sending: check, ask if wanted, send, and bring the answer back. */
function useSending(spec: SymbolSpec, { reading }: FormReading, focusField: (name: string) => void) {
  const form = useOrderForm();
  const { confirmOrders: confirms, cancelOnDisconnect } = useSettings();
  const [sending, setSending] = useState(false);
  const [asked, setAsked] = useState<Ticket | null>(null);

  const send = async (ticket: Ticket) => {
    setAsked(null);
    setSending(true);
    try {
      await sendTicket(ticket);
      forgetSizes();
    } catch (error) {
      const problem = problemOf(error, form, ticket);
      form.refuse(problem);
      focusField(problem.field);
    } finally {
      setSending(false);
    }
  };
  const onSubmit = () => {
    if (sending || !takesOrders(spec.status)) return;
    form.touch();
    if (reading.problem) return focusField(reading.problem.field);
    const ticket = ticketOf(form, { stp: form.stp, cancelOnDisconnect }, reading, spec);
    if (confirms) setAsked(ticket);
    else void send(ticket);
  };
  return { sending, asked, onSubmit, send: (ticket: Ticket) => void send(ticket), cancel: () => setAsked(null) };
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
  spec: SymbolSpec;
  formReading: FormReading;
  problem: Problem | null;
}

/** What concerns no single field: a refusal, or something to know before sending. */
function Advice({ spec, formReading, problem }: AdviceProps) {
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
      {notice && takesOrders(spec.status) && t(`notices.${notice.code}`, notice.values ?? {})}
    </p>
  );
}

interface SendButtonProps {
  spec: SymbolSpec;
  formReading: FormReading;
  sending: boolean;
}

/** The button says what it does. */
function SendButton({ spec, formReading: { reading }, sending }: SendButtonProps) {
  const { t } = useTranslation("order");
  const form = useOrderForm();
  const { side, quantity, quoteAmount } = form;
  const inQuote = namesAmount(form);
  const what = inQuote
    ? reading.quoteAmount && `${quoteAmount} ${spec.quote_asset}`
    : reading.quantity && `${quantity} ${spec.base_asset}`;
  const words = what ? t(inQuote ? `${side}ForAmount` : `${side}Quantity`, { what }) : t(`${side}Asset`, { asset: spec.base_asset });
  const statusText = useStatusText(spec);
  const stopped = !takesOrders(spec.status);
  return (
    <button
      className={styles.send}
      data-side={side}
      disabled={sending || stopped}
      aria-busy={sending}
      data-testid="order-send"
    >
      {stopped ? statusText("send") : sending ? t("sending") : words}
    </button>
  );
}
