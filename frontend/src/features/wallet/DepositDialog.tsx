import { useMutation } from "@tanstack/react-query";
import { useId, useState } from "react";
import { useTranslation } from "react-i18next";
import { useAssets } from "@/shared/assets";
import { failureOf, useErrorText } from "@/shared/errors";
import { grouped } from "@/shared/numbers";
import { Dialog, DialogActions } from "@/shared/ui/Dialog";
import { showToast } from "@/shared/ui/toast-store";
import { answer, api } from "@/shared/wire/api";
import { useSymbols } from "@/shared/wire/symbols";
import styles from "./DepositDialog.module.css";

/** Amounts offered at a click: of what is paid with, and of what is traded. */
const MONEY = ["1000000", "10000000", "100000000"];
const GOODS = ["1", "10", "100"];

/** Play money on a demo exchange. */
export function DepositDialog({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation("wallet");
  const assets = useAssets();
  const [asset, setAsset] = useState("KRW");
  const [amount, setAmount] = useState("");
  const deposit = useDeposit(onClose);
  const fieldId = useId();
  const errorText = useErrorText();
  const failure = deposit.isError ? failureOf(deposit.error) : null;
  const most = failure?.code === "INVALID_AMOUNT" ? failure.details.maximum : undefined;
  const send = (event: React.FormEvent) => {
    event.preventDefault();
    deposit.mutate({ asset, amount: amount.replaceAll(",", "").trim() });
  };
  return (
    <Dialog title={t("deposit")} onClose={onClose} testId="deposit-dialog">
      <form className={styles.form} onSubmit={send}>
        <p className={styles.note}>{t("playMoney")}</p>
        <label htmlFor={`${fieldId}-asset`}>{t("asset")}</label>
        <select className={styles.field} id={`${fieldId}-asset`} value={asset} onChange={(event) => setAsset(event.target.value)} data-testid="deposit-asset">
          {assets.map((name) => (
            <option key={name}>{name}</option>
          ))}
        </select>
        <label htmlFor={`${fieldId}-amount`}>{t("amount")}</label>
        <input
          className={styles.field}
          id={`${fieldId}-amount`}
          inputMode="decimal"
          autoComplete="off"
          data-first-focus
          value={amount}
          aria-invalid={failure !== null}
          aria-describedby={`${fieldId}-problem`}
          onChange={(event) => setAmount(event.target.value)}
          data-testid="deposit-amount"
        />
        <Suggestions asset={asset} onChoose={setAmount} />
        <p id={`${fieldId}-problem`} className={styles.problem} role="alert">
          {typeof most === "string" ? t("atMost", { most: grouped(most), asset }) : failure && errorText(failure.code, failure.details)}
        </p>
        <DialogActions>
          <button type="button" className={styles.button} onClick={onClose}>
            {t("cancel")}
          </button>
          <button type="submit" className={styles.primary} disabled={amount.trim() === "" || deposit.isPending} data-testid="deposit-send">
            {t(deposit.isPending ? "depositing" : "depositIt", { amount, asset })}
          </button>
        </DialogActions>
      </form>
    </Dialog>
  );
}

function Suggestions({ asset, onChoose }: { asset: string; onChoose: (amount: string) => void }) {
  const { t } = useTranslation("wallet");
  const isMoney = useSymbols()?.some((spec) => spec.quote_asset === asset) ?? false;
  return (
    <div className={styles.suggestions} role="group" aria-label={t("suggestions")}>
      {(isMoney ? MONEY : GOODS).map((text) => (
        <button key={text} type="button" className={styles.small} onClick={() => onChoose(grouped(text))}>
          {grouped(text)}
        </button>
      ))}
    </div>
  );
}

function useDeposit(onDone: () => void) {
  const { t } = useTranslation("wallet");
  return useMutation({
    mutationFn: (body: { asset: string; amount: string }) => answer(api.POST("/v1/demo/deposit", { body })),
    onSuccess: (_reply, { asset, amount }) => {
      showToast({ key: "deposit", tone: "good", title: t("deposited", { amount: grouped(amount), asset }) });
      onDone();
    },
  });
}
