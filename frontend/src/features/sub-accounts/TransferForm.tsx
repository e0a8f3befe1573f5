import { useId, useState } from "react";
import { useTranslation } from "react-i18next";
import { failureOf, useErrorText } from "@/shared/errors";
import { useAssetDecimals, useAssetScale, useAssets } from "@/shared/market/assets";
import { grouped, trimZeros, wireDecimal } from "@/shared/numbers";
import { type NamedAccount, usePage } from "@/shared/page";
import { parseTyped } from "@/shared/typed-number";
import { Amount } from "@/shared/ui/Amount";
import { NumberInput } from "@/shared/ui/NumberInput";
import { showToast } from "@/shared/ui/toast-store";
import { useAccountName, useNamedAccounts } from "@/shared/wire/own-accounts";
import { type TransferDraft, useBalancesOf, useTransfer } from "./sub-accounts";
import styles from "./sub-accounts.module.css";

/** Moves an amount between two accounts. */
export function TransferForm() {
  const { t } = useTranslation("accounts");
  const accounts = useNamedAccounts();
  if (accounts.length < 2) return <p className={styles.nothing}>{t("oneAccount")}</p>;
  return <Form accounts={accounts} />;
}

function Form({ accounts }: { accounts: readonly NamedAccount[] }) {
  const { t } = useTranslation("accounts");
  const { draft, change, transfer, units, scale, send } = useDraft(accounts);
  const isUnread = draft.amount.trim() !== "" && units === null;
  const errorText = useErrorText();
  const failure = transfer.isError ? failureOf(transfer.error) : null;
  return (
    <form className={styles.transfer} onSubmit={send} data-testid="transfer-form">
      <Choice
        name="from"
        accounts={accounts}
        chosen={draft.from}
        onChoose={(from) => change({ from, ...(from === draft.to && { to: draft.from }) })}
      />
      <Choice
        name="to"
        accounts={accounts.filter(({ account }) => account !== draft.from)}
        chosen={draft.to}
        onChoose={(to) => change({ to })}
      />
      <AssetChoice asset={draft.asset} onChoose={(asset) => change({ asset, amount: "" })} />
      <AmountField draft={draft} decimals={scale} onChange={(amount) => change({ amount })} />
      <p className={styles.problem} role="alert" data-testid="transfer-problem">
        {isUnread && errorText("INVALID_NUMBER")}
        {failure && errorText(failure.code, failure.details)}
      </p>
      <button
        type="submit"
        className={styles.primary}
        disabled={units === null || units === 0n || transfer.isPending}
        data-testid="transfer-send"
      >
        {t(transfer.isPending ? "transferring" : "transfer")}
      </button>
    </form>
  );
}

function useDraft(accounts: readonly NamedAccount[]) {
  const { t } = useTranslation("accounts");
  const page = usePage();
  const nameOf = useAccountName();
  const other = accounts.find(({ account }) => account !== page.account)?.account ?? "";
  const [draft, setDraft] = useState<TransferDraft>({
    from: page.account,
    to: other,
    asset: "KRW",
    amount: "",
  });
  const transfer = useTransfer(() => setDraft((now) => ({ ...now, amount: "" })));
  const scale = useAssetScale()(draft.asset);
  const units = parseTyped(draft.amount, scale);
  const change = (changed: Partial<TransferDraft>) => {
    setDraft({ ...draft, ...changed });
    transfer.reset();
  };
  const nameTo = accounts.find(({ account }) => account === draft.to);
  const send = (event: React.FormEvent) => {
    event.preventDefault();
    if (units === null) return;
    const amount = wireDecimal(units, scale);
    const title = t("transferred", {
      amount: grouped(amount),
      asset: draft.asset,
      to: nameTo ? nameOf(nameTo) : draft.to,
    });
    transfer.mutate(
      { ...draft, amount },
      { onSuccess: () => void showToast({ key: "transfer", tone: "good", title }) },
    );
  };
  return { draft, change, transfer, units, scale, send };
}

interface ChoiceProps {
  name: "from" | "to";
  accounts: readonly NamedAccount[];
  chosen: string;
  onChoose: (account: string) => void;
}

function Choice({ name, accounts, chosen, onChoose }: ChoiceProps) {
  const { t } = useTranslation("accounts");
  const nameOf = useAccountName();
  const id = useId();
  return (
    <>
      <label htmlFor={id}>{t(name)}</label>
      <select
        id={id}
        className={styles.field}
        value={chosen}
        onChange={(event) => onChoose(event.target.value)}
        data-testid={`transfer-${name}`}
      >
        {accounts.map((account) => (
          <option key={account.account} value={account.account}>
            {nameOf(account)} ({account.account})
          </option>
        ))}
      </select>
    </>
  );
}

function AssetChoice({ asset, onChoose }: { asset: string; onChoose: (asset: string) => void }) {
  const { t } = useTranslation("accounts");
  const id = useId();
  return (
    <>
      <label htmlFor={id}>{t("asset")}</label>
      <select
        id={id}
        className={styles.field}
        value={asset}
        onChange={(event) => onChoose(event.target.value)}
        data-testid="transfer-asset"
      >
        {useAssets().map((name) => (
          <option key={name}>{name}</option>
        ))}
      </select>
    </>
  );
}

interface AmountFieldProps {
  draft: TransferDraft;
  decimals: number;
  onChange: (amount: string) => void;
}

/** The amount, with what there is of it: a click takes it all. */
function AmountField({ draft, decimals, onChange }: AmountFieldProps) {
  const { t } = useTranslation("accounts");
  const shownDecimals = useAssetDecimals()(draft.asset);
  const { data } = useBalancesOf(draft.from);
  const id = useId();
  const available = data?.balances.find(({ asset }) => asset === draft.asset)?.available ?? "0";
  return (
    <>
      <label htmlFor={id}>{t("amount")}</label>
      <NumberInput
        id={id}
        className={styles.field}
        value={draft.amount}
        decimals={decimals}
        onChange={onChange}
        data-testid="transfer-amount"
      />
      <button
        type="button"
        className={styles.available}
        disabled={!data}
        onClick={() => onChange(trimZeros(available))}
        data-testid="transfer-available"
      >
        {t("available")} {data && <Amount text={available} decimals={shownDecimals} exact />} {draft.asset}
      </button>
    </>
  );
}
