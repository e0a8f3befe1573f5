import { useMutation } from "@tanstack/react-query";
import { useId, useState } from "react";
import { useTranslation } from "react-i18next";
import { failureOf, useErrorText } from "@/shared/errors";
import { useAssetScale, useAssets } from "@/shared/market/assets";
import { grouped, wireDecimal } from "@/shared/numbers";
import { parseTyped, understood } from "@/shared/typed-number";
import { Dialog, DialogActions } from "@/shared/ui/Dialog";
import { NumberInput } from "@/shared/ui/NumberInput";
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
  const [asset, setAsset] = useState("KRW");
  const [amount, setAmount] = useState("");
  const errorText = useErrorText();
  const deposit = useDeposit(onClose);
  const fieldId = useId();
  const scale = useAssetScale()(asset);
  const units = parseTyped(amount, scale);
  const isUnread = amount.trim() !== "" && units === null;
  const send = (event: React.FormEvent) => {
    event.preventDefault();
    if (units !== null) deposit.mutate({ asset, amount: wireDecimal(units, scale) });
  };
  return (
    <Dialog title={t("deposit")} onClose={onClose} testId="deposit-dialog">
      <form className={styles.form} onSubmit={send}>
        <p className={styles.note}>{t("playMoney")}</p>
        <AssetField id={`${fieldId}-asset`} asset={asset} onChoose={setAsset} />
        <label htmlFor={`${fieldId}-amount`}>{t("amount")}</label>
        <NumberInput
          className={styles.field}
          id={`${fieldId}-amount`}
          data-first-focus
          value={amount}
          decimals={scale}
          aria-invalid={deposit.isError || isUnread}
          aria-describedby={`${fieldId}-problem`}
          onChange={(text) => {
            setAmount(text);
            deposit.reset();
          }}
          data-testid="deposit-amount"
        />
        <Suggestions asset={asset} onChoose={setAmount} />
        <p
          id={`${fieldId}-problem`}
          className={styles.problem}
          role="alert"
          data-testid="deposit-amount-problem"
        >
          {isUnread && errorText("INVALID_NUMBER")}
          {deposit.isError && <Refusal error={deposit.error} asset={asset} />}
        </p>
        <DialogActions>
          <button type="button" className={styles.button} onClick={onClose}>
            {t("cancel")}
          </button>
          <SendButton
            isPending={deposit.isPending}
            amount={units === null ? null : understood(amount, scale)}
            asset={asset}
          />
        </DialogActions>
      </form>
    </Dialog>
  );
}

interface SendButtonProps {
  isPending: boolean;
  /** The amount as it was understood; null while there is none. */
  amount: string | null;
  asset: string;
}

/** Says what it does, once the amount is a number. */
function SendButton({ isPending, amount, asset }: SendButtonProps) {
  const { t } = useTranslation("wallet");
  const text = amount === null ? t("deposit") : t("depositIt", { amount, asset });
  return (
    <button
      type="submit"
      className={styles.primary}
      disabled={amount === null || isPending}
      data-testid="deposit-send"
    >
      {isPending ? t("depositing") : text}
    </button>
  );
}

function AssetField({
  id,
  asset,
  onChoose,
}: {
  id: string;
  asset: string;
  onChoose: (asset: string) => void;
}) {
  const { t } = useTranslation("wallet");
  return (
    <>
      <label htmlFor={id}>{t("asset")}</label>
      <select
        className={styles.field}
        id={id}
        value={asset}
        onChange={(event) => onChoose(event.target.value)}
        data-testid="deposit-asset"
      >
        {useAssets().map((name) => (
          <option key={name}>{name}</option>
        ))}
      </select>
    </>
  );
}

function Refusal({ error, asset }: { error: unknown; asset: string }) {
  const { t } = useTranslation("wallet");
  const errorText = useErrorText();
  const { code, details } = failureOf(error);
  const most = code === "INVALID_AMOUNT" ? details.maximum : undefined;
  return typeof most === "string" ? t("atMost", { most: grouped(most), asset }) : errorText(code, details);
}

function Suggestions({ asset, onChoose }: { asset: string; onChoose: (amount: string) => void }) {
  const { t } = useTranslation("wallet");
  const isMoney = useSymbols()?.some((terms) => terms.quote_asset === asset) ?? false;
  return (
    <div className={styles.suggestions} role="group" aria-label={t("suggestions")}>
      {(isMoney ? MONEY : GOODS).map((text) => (
        <button key={text} type="button" className={styles.small} onClick={() => onChoose(text)}>
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
