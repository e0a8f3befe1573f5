import { useId } from "react";
import { useTranslation } from "react-i18next";
import { grouped, wireDecimal } from "@/shared/numbers";
import { understood } from "@/shared/typed-number";
import { NumberInput } from "@/shared/ui/NumberInput";
import { Panel } from "@/shared/ui/Panel";
import styles from "./custody.module.css";
import { Destination } from "./Destination";
import { mostOf } from "./figures";
import { AssetSelect, Facts, Money, Problem } from "./parts";
import { WhatNext } from "./WhatNext";
import type { Address, WithdrawalTerms } from "./wire";
import { useWithdrawForm, type WithdrawForm } from "./withdraw-draft";

interface WithdrawPanelProps {
  terms: WithdrawalTerms;
  addresses: readonly Address[];
  /** The asset that the page's address names. */
  wanted: string | null;
  onAsked: (withdrawalId: string) => void;
  onBook: () => void;
}

/** The form of a withdrawal: what, where to, how much, what it costs, and what happens then. */
export function WithdrawPanel({ terms, onBook, ...rest }: WithdrawPanelProps) {
  const { t } = useTranslation("custody");
  const nothing = terms.assets.some(({ open }) => open) ? null : t("noneOpen");
  return (
    <Panel title={t("withdraw")}>
      {nothing ? (
        <p className={styles.nothing}>{nothing}</p>
      ) : (
        <Form terms={terms} onBook={onBook} {...rest} />
      )}
    </Panel>
  );
}

function Form({ terms, addresses, wanted, onAsked, onBook }: WithdrawPanelProps) {
  const { t } = useTranslation("custody");
  const form = useWithdrawForm({ terms, addresses, wanted, onAsked });
  const { draft, request } = form;
  const id = useId();
  const amount = understood(draft.amount, form.scale);
  return (
    <form className={styles.form} onSubmit={form.send} data-testid="withdraw-form">
      <AssetSelect
        id={`${id}-asset`}
        asset={form.terms.asset}
        options={terms.assets.map(({ asset, open }) => ({ asset, isOpen: open }))}
        onChoose={form.chooseAsset}
        testId="withdraw-asset"
      />
      <Destination form={form} addresses={addresses} bookOnly={terms.book_only} onBook={onBook} />
      <AmountField form={form} id={`${id}-amount`} />
      <Costs form={form} />
      <Problem of={request.error} testId="withdraw-problem" />
      <button
        type="submit"
        className={styles.primary}
        disabled={!form.isReady || request.isPending}
        data-testid="withdraw-send"
      >
        {form.isReady ? t("withdrawIt", { amount, asset: draft.asset }) : t("withdraw")}
      </button>
      <WhatNext terms={terms} asset={form.terms} />
    </form>
  );
}

/** The amount, with what there is of it: a click takes it all, less the fee. */
function AmountField({ form, id }: { form: WithdrawForm; id: string }) {
  const { t } = useTranslation("custody");
  const { draft, figures, scale, problem, terms, change } = form;
  const most = wireDecimal(mostOf(figures), scale);
  const values = {
    asset: terms.asset,
    most: grouped(most),
    minimum: grouped(wireDecimal(figures.minimum, scale)),
  };
  return (
    <>
      <div className={styles.labels}>
        <label htmlFor={id}>{t("amount")}</label>
        <button
          type="button"
          className={styles.all}
          disabled={most === "0"}
          onClick={() => change({ amount: most })}
          data-testid="withdraw-all"
        >
          {t("all")} <Money amount={most} asset={terms.asset} />
        </button>
      </div>
      <NumberInput
        id={id}
        className={styles.field}
        value={draft.amount}
        decimals={scale}
        aria-invalid={problem !== null}
        aria-describedby={`${id}-problem`}
        onChange={(amount) => change({ amount })}
        data-testid="withdraw-amount"
      />
      <p id={`${id}-problem`} className={styles.problem} role="alert" data-testid="withdraw-amount-problem">
        {problem && t(`problems.${problem}`, values)}
      </p>
    </>
  );
}

/** What arrives, what it costs, and what is left; dashes until there is an amount. */
function Costs({ form }: { form: WithdrawForm }) {
  const { t } = useTranslation("custody");
  const { figures, scale, terms } = form;
  const shown = (units: bigint | null) =>
    units === null || units < 0n ? "–" : <Money amount={wireDecimal(units, scale)} asset={terms.asset} />;
  return (
    <div className={styles.costs} data-testid="withdraw-costs">
      <Facts
        facts={[
          [t("arrives"), shown(figures.amount)],
          [t("fee"), shown(figures.fee)],
          [t("total"), shown(figures.total)],
          [t("left"), shown(figures.left)],
        ]}
      />
    </div>
  );
}
