import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useMoment } from "@/shared/moment";
import { ConfirmDialog } from "@/shared/ui/ConfirmDialog";
import { CopyField } from "@/shared/ui/CopyField";
import { Dialog, DialogActions } from "@/shared/ui/Dialog";
import { Time } from "@/shared/ui/Time";
import { useCancelWithdrawal, useResendLetter, useWithdrawal } from "./custody";
import styles from "./custody.module.css";
import { Facts, Money, Problem, State } from "./parts";
import { Told } from "./Told";
import type { WholeWithdrawal, Withdrawal } from "./wire";
import own from "./withdrawal.module.css";

interface WithdrawalDialogProps {
  withdrawalId: string;
  onClose: () => void;
}

/** One withdrawal: how it stands, its figures, every step, and what its customer can do. */
export function WithdrawalDialog({ withdrawalId, onClose }: WithdrawalDialogProps) {
  const { t } = useTranslation("custody");
  const { data, error } = useWithdrawal(withdrawalId);
  return (
    <Dialog title={t("withdrawal")} onClose={onClose} testId="withdrawal">
      <div className={styles.view}>
        {data && (
          <>
            <Standing withdrawal={data} />
            <Figures withdrawal={data} />
            <Steps withdrawal={data} />
          </>
        )}
        <Problem of={error} />
      </div>
      <DialogActions>
        {data?.can_cancel && <Cancel withdrawal={data} />}
        <button type="button" className={styles.primary} onClick={onClose} data-first-focus>
          {t("close")}
        </button>
      </DialogActions>
    </Dialog>
  );
}

/** How it stands; read out whenever it changes. */
function Standing({ withdrawal }: { withdrawal: Withdrawal }) {
  return (
    <div className={own.standing}>
      <div role="status" data-testid="withdrawal-standing">
        <State of={withdrawal.state} names="stateNames" />
        <p>
          <Told withdrawal={withdrawal} />
        </p>
      </div>
      {withdrawal.state === "unconfirmed" && <Resend withdrawal={withdrawal} />}
    </div>
  );
}

function Resend({ withdrawal }: { withdrawal: Withdrawal }) {
  const { t } = useTranslation("custody");
  const resend = useResendLetter(withdrawal.withdrawal_id);
  return (
    <>
      <button
        type="button"
        className={styles.small}
        disabled={resend.isPending}
        onClick={() => resend.mutate(undefined)}
        data-testid="withdrawal-resend"
      >
        {t("resend")}
      </button>
      <p className={styles.note} role="status" data-testid="withdrawal-resent">
        {resend.isSuccess && t("resent")}
      </p>
      <Problem of={resend.error} testId="withdrawal-resend-problem" />
    </>
  );
}

function Figures({ withdrawal }: { withdrawal: Withdrawal }) {
  const { t } = useTranslation("custody");
  const moment = useMoment();
  const { asset, amount, fee, total, address, tag, requested_at, transaction } = withdrawal;
  return (
    <>
      <Facts
        facts={[
          [t("arrives"), <Money key="amount" amount={amount} asset={asset} />],
          [t("fee"), <Money key="fee" amount={fee} asset={asset} />],
          [t("total"), <Money key="total" amount={total} asset={asset} />],
          [
            t("to"),
            <span key="to" className={styles.address}>
              {address}
            </span>,
          ],
          ...(tag ? [[t("tag"), tag] as const] : []),
          [t("askedFor"), moment(requested_at)],
        ]}
      />
      {transaction && (
        <CopyField label={t("transaction")} value={transaction} testId="withdrawal-transaction" />
      )}
    </>
  );
}

function Steps({ withdrawal }: { withdrawal: WholeWithdrawal }) {
  const { t } = useTranslation("custody");
  return (
    <section>
      <h3>{t("steps")}</h3>
      <ol className={own.steps} data-testid="withdrawal-steps">
        {withdrawal.steps.map(({ at, state, note }) => (
          <li key={`${at} ${state}`}>
            <Time at={at} /> <State of={state} names="stateNames" />
            {note && <small>{note}</small>}
          </li>
        ))}
      </ol>
    </section>
  );
}

function Cancel({ withdrawal }: { withdrawal: Withdrawal }) {
  const { t } = useTranslation("custody");
  const [isAsking, setAsking] = useState(false);
  const cancel = useCancelWithdrawal(withdrawal, () => setAsking(false));
  return (
    <>
      <button
        type="button"
        className={styles.button}
        onClick={() => setAsking(true)}
        data-testid="withdrawal-cancel"
      >
        {t("cancelIt")}
      </button>
      {isAsking && (
        <ConfirmDialog
          title={t("cancelTitle")}
          text={t("cancelHelp")}
          action={t("cancelIt")}
          doing={{ ...cancel, mutate: () => cancel.mutate(undefined) }}
          onClose={() => setAsking(false)}
        />
      )}
    </>
  );
}
