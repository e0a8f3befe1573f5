import { useId, useState } from "react";
import { useTranslation } from "react-i18next";
import { CopyField } from "@/shared/ui/CopyField";
import { Panel } from "@/shared/ui/Panel";
import { useDepositAddress } from "./custody";
import styles from "./custody.module.css";
import { AssetSelect, Problem } from "./parts";
import { QrCode } from "./QrCode";
import type { WithdrawalTerms } from "./wire";

interface DepositPanelProps {
  terms: WithdrawalTerms;
  /** Of the page's address. */
  wanted: string | null;
  /** Other ways in, above the address. */
  children?: React.ReactNode;
}

/** Where to send deposits. */
export function DepositPanel({ terms, wanted, children }: DepositPanelProps) {
  const { t } = useTranslation("custody");
  const id = useId();
  const open = terms.assets.filter((each) => each.deposits_open);
  const [chosen, setChosen] = useState<string | null>(null);
  const first = open.find(({ asset }) => asset === wanted) ?? open[0];
  const asset = chosen ?? first?.asset ?? "";
  return (
    <Panel title={t("deposit")}>
      <div className={styles.form}>
        {children}
        {open.length === 0 && <p className={styles.note}>{t("noDepositsOpen")}</p>}
        {open.length > 0 && (
          <>
            <AssetSelect
              id={id}
              asset={asset}
              options={terms.assets.map((each) => ({ asset: each.asset, isOpen: each.deposits_open }))}
              onChoose={setChosen}
              testId="deposit-into"
            />
            <Where asset={asset} />
          </>
        )}
      </div>
    </Panel>
  );
}

function Where({ asset }: { asset: string }) {
  const { t } = useTranslation("custody");
  const { data, error } = useDepositAddress(asset);
  if (error) return <Problem of={error} testId="deposit-address-problem" />;
  if (!data) return <div className={styles.waiting} aria-busy />;
  if (data.address === null) return <p className={styles.note}>{t("depositByHand", { asset })}</p>;
  return (
    <>
      <QrCode text={data.address} label={t("qr", { asset })} />
      <CopyField label={t("depositTo", { asset })} value={data.address} testId="deposit-address" />
      {data.tag && <CopyField label={t("tag")} value={data.tag} testId="deposit-tag" />}
      {data.tag && <p className={styles.warning}>{t("tagNeeded")}</p>}
      <p className={styles.note}>{t("depositOnly", { asset })}</p>
    </>
  );
}
