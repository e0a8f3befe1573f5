import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { useConfirmWithdrawal, useWithdrawal } from "./custody";
import styles from "./custody.module.css";
import { rowOf } from "./letter-keys";
import { Facts, Money, Problem, State } from "./parts";
import { Told } from "./Told";
import type { Withdrawal } from "./wire";
import own from "./withdrawal.module.css";

/** What the letter's link opens: what would be paid, and the button that confirms it. Programs that look at the
 * links in mails confirm nothing. */
export function ConfirmWithdrawal({ letterKey }: { letterKey: string }) {
  const { t } = useTranslation("custody");
  const withdrawalId = rowOf(letterKey);
  const { data, error } = useWithdrawal(withdrawalId);
  const confirm = useConfirmWithdrawal(withdrawalId, letterKey);
  return (
    <section className={own.confirm} data-testid="confirm-withdrawal">
      <h1>{t("confirm.withdrawal")}</h1>
      {data && <Asked withdrawal={data} />}
      <Problem of={error ?? confirm.error} testId="confirm-problem" />
      {data?.state === "unconfirmed" && (
        <button
          type="button"
          className={styles.primary}
          disabled={confirm.isPending}
          onClick={() => confirm.mutate(undefined)}
          data-testid="confirm-it"
        >
          {t("confirm.it")}
        </button>
      )}
      <Link to={`/wallet?tab=history&withdrawal=${withdrawalId}`}>{t("confirm.toWallet")}</Link>
    </section>
  );
}

function Asked({ withdrawal }: { withdrawal: Withdrawal }) {
  const { t } = useTranslation("custody");
  const { asset, amount, fee, address, tag, state } = withdrawal;
  return (
    <>
      <Facts
        facts={[
          [t("arrives"), <Money key="amount" amount={amount} asset={asset} />],
          [t("fee"), <Money key="fee" amount={fee} asset={asset} />],
          [
            t("to"),
            <span key="to" className={styles.address}>
              {address}
            </span>,
          ],
          ...(tag ? [[t("tag"), tag] as const] : []),
        ]}
      />
      <div role="status" data-testid="confirm-standing">
        {state === "unconfirmed" ? (
          <p>{t("confirm.help")}</p>
        ) : (
          <p>
            <State of={state} names="stateNames" /> <Told withdrawal={withdrawal} />
          </p>
        )}
      </div>
    </>
  );
}
