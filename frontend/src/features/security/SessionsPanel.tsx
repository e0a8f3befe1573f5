import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useMoment } from "@/shared/moment";
import { ConfirmDialog } from "@/shared/ui/ConfirmDialog";
import { Panel } from "@/shared/ui/Panel";
import { Problem } from "./parts";
import { type Session, useRevokeOthers, useRevokeSession, useSessions } from "./security";
import styles from "./security.module.css";

const KINDS = ["browser", "token"] as const;

/** Where the user is logged in, in browsers and by token. */
export function SessionsPanel() {
  const { t } = useTranslation("security");
  const { data, error } = useSessions();
  const [isAsking, setAsking] = useState(false);
  const others = useRevokeOthers(() => setAsking(false));
  const sessions = data?.sessions ?? [];
  const everywhereElse = (
    <button
      type="button"
      className={styles.small}
      disabled={sessions.length < 2}
      onClick={() => setAsking(true)}
      data-testid="revoke-others"
    >
      {t("sessions.revokeOthers")}
    </button>
  );
  return (
    <Panel title={t("sessions.title")} controls={everywhereElse}>
      <div className={styles.list} data-testid="sessions">
        <Problem of={error} />
        {KINDS.map((kind) => (
          <Kind key={kind} kind={kind} sessions={sessions.filter((session) => session.kind === kind)} />
        ))}
      </div>
      {isAsking && (
        <ConfirmDialog
          title={t("sessions.revokeOthersIt")}
          text={t("sessions.revokeOthersHelp")}
          action={t("sessions.revokeOthers")}
          doing={{ ...others, mutate: () => others.mutate(undefined) }}
          onClose={() => setAsking(false)}
        />
      )}
    </Panel>
  );
}

function Kind({ kind, sessions }: { kind: (typeof KINDS)[number]; sessions: readonly Session[] }) {
  const { t } = useTranslation("security");
  return (
    <section className={styles.part}>
      <h3>{t(`sessions.kinds.${kind}`)}</h3>
      {sessions.length === 0 && <p className={styles.note}>{t("sessions.none")}</p>}
      <ul className={styles.rows}>
        {sessions.map((session) => (
          <Row key={session.id} session={session} />
        ))}
      </ul>
    </section>
  );
}

function Row({ session }: { session: Session }) {
  const { t } = useTranslation("security");
  const moment = useMoment();
  const revoke = useRevokeSession();
  const where = session.network ?? t("sessions.unknownNetwork");
  return (
    <li className={styles.row} data-this={session.is_this} data-testid="session">
      <div>
        <strong>{session.agent ?? t("sessions.unknownAgent")}</strong>
        <small>
          {where} · {t("since", { at: moment(session.began_at) })} ·{" "}
          {t("sessions.seen", { at: moment(session.last_seen_at) })}
        </small>
        {revoke.isError && <Problem of={revoke.error} />}
      </div>
      {session.is_this ? (
        <em className={styles.this}>{t("sessions.this")}</em>
      ) : (
        <button
          type="button"
          className={styles.small}
          disabled={revoke.isPending}
          onClick={() => revoke.mutate(session.id)}
          data-testid="session-revoke"
        >
          {t("sessions.revoke")}
        </button>
      )}
    </li>
  );
}
