import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useMoment } from "@/shared/moment";
import { ConfirmDialog } from "@/shared/ui/ConfirmDialog";
import { Dialog } from "@/shared/ui/Dialog";
import { Panel } from "@/shared/ui/Panel";
import { Passkeys } from "./Passkeys";
import { Codes, Problem, stay } from "./parts";
import {
  type NewTotp,
  type SecondFactor,
  useBeginTotp,
  useRemoveTotp,
  useRenewCodes,
  useSecondFactor,
} from "./security";
import styles from "./security.module.css";
import { TotpDialog } from "./TotpDialog";

/** What the user logs in with beside the password. */
export function SecondFactorPanel() {
  const { t } = useTranslation("security");
  const { data, error } = useSecondFactor();
  return (
    <Panel title={t("factor.title")}>
      <div className={styles.list} data-testid="second-factor">
        <p className={styles.note}>{t(data?.is_on ? "factor.on" : "factor.off")}</p>
        <Problem of={error} />
        {data && <App factor={data} />}
        {data && <Passkeys passkeys={data.passkeys} />}
        {data?.recovery_codes && <RecoveryCodes factor={data} />}
      </div>
    </Panel>
  );
}

/** The authenticator app. */
function App({ factor }: { factor: SecondFactor }) {
  const { t } = useTranslation("security");
  const moment = useMoment();
  const [made, setMade] = useState<NewTotp | null>(null);
  const [isRemoving, setRemoving] = useState(false);
  const begin = useBeginTotp(setMade);
  const remove = useRemoveTotp(() => setRemoving(false));
  const app = factor.totp;
  return (
    <section className={styles.part}>
      <h3>{t("totp.title")}</h3>
      <p className={styles.note}>
        {app ? t("since", { at: moment(app.created_at) }) : t("totp.help")}
        {app?.last_used_at ? ` · ${t("lastUsed", { at: moment(app.last_used_at) })}` : ""}
      </p>
      {app ? (
        <button
          type="button"
          className={styles.button}
          onClick={() => setRemoving(true)}
          data-testid="totp-remove"
        >
          {t("remove")}
        </button>
      ) : (
        <button
          type="button"
          className={styles.button}
          disabled={begin.isPending}
          onClick={() => begin.mutate(undefined)}
          data-testid="totp-add"
        >
          {t("totp.add")}
        </button>
      )}
      <Problem of={begin.error} />
      {made && <TotpDialog made={made} onClose={() => setMade(null)} />}
      {isRemoving && (
        <ConfirmDialog
          title={t("totp.removeIt")}
          text={t("removeHelp")}
          action={t("remove")}
          doing={{ ...remove, mutate: () => remove.mutate(undefined) }}
          onClose={() => setRemoving(false)}
        />
      )}
    </section>
  );
}

function RecoveryCodes({ factor }: { factor: SecondFactor }) {
  const { t } = useTranslation("security");
  const renew = useRenewCodes();
  const codes = renew.data?.recovery_codes;
  return (
    <section className={styles.part}>
      <h3>{t("codes.title")}</h3>
      <p className={styles.note} data-testid="codes-left">
        {t("codes.left", { left: factor.recovery_codes?.left ?? 0 })}
      </p>
      <button
        type="button"
        className={styles.button}
        disabled={renew.isPending}
        onClick={() => renew.mutate(undefined)}
        data-testid="codes-renew"
      >
        {t("codes.renew")}
      </button>
      <Problem of={renew.error} />
      {codes && (
        <Dialog title={t("codes.title")} onClose={stay} testId="codes-dialog">
          <Codes codes={codes} onClose={() => renew.reset()} />
        </Dialog>
      )}
    </section>
  );
}
