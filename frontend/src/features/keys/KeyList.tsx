import { useState } from "react";
import { useTranslation } from "react-i18next";
import { failureOf, useErrorText } from "@/shared/errors";
import { useMoment } from "@/shared/moment";
import { Dialog, DialogActions } from "@/shared/ui/Dialog";
import { useAccountName, useNamedAccounts } from "@/shared/wire/own-accounts";
import { type ApiKey, type Scope, useKeys, useRevokeKey } from "./keys";
import styles from "./keys.module.css";

/** The keys that are not revoked, each with what it may do and when it last did. */
export function KeyList() {
  const { t } = useTranslation("keys");
  const errorText = useErrorText();
  const { data, error } = useKeys();
  const [revoking, setRevoking] = useState<ApiKey | null>(null);
  const keys = data?.keys ?? [];
  return (
    <div className={styles.list}>
      <p className={styles.note}>{t("help")}</p>
      {error && <p className={styles.problem}>{errorText(failureOf(error).code)}</p>}
      {data && keys.length === 0 && <p className={styles.note}>{t("none")}</p>}
      <ul data-testid="keys">
        {keys.map((key) => (
          <KeyCard key={key.key_id} apiKey={key} onRevoke={() => setRevoking(key)} />
        ))}
      </ul>
      {revoking && <RevokeDialog apiKey={revoking} onClose={() => setRevoking(null)} />}
    </div>
  );
}

function KeyCard({ apiKey, onRevoke }: { apiKey: ApiKey; onRevoke: () => void }) {
  const { t } = useTranslation("keys");
  const day = useMoment();
  const nameOf = useAccountName();
  const named = useNamedAccounts().find(({ account }) => account === apiKey.account);
  const { scopes, kind, addresses } = apiKey;
  const used = apiKey.last_used_at && `${day(apiKey.last_used_at)} · ${apiKey.last_used_from ?? ""}`;
  const facts = [
    [t("keyId"), apiKey.key_id],
    [t("scopes"), scopes.map((scope) => t(`scopeNames.${scope as Scope}`)).join(", ")],
    [t("account"), named ? `${nameOf(named)} (${named.account})` : apiKey.account],
    [
      t("orderRate"),
      apiKey.order_rate === null ? t("asAccount") : t("aSecond", { count: apiKey.order_rate }),
    ],
    [t("kind"), t(`kinds.${kind}`)],
    [t("addresses"), addresses.join(", ") || t("everywhere")],
    [t("expires"), apiKey.expires_at ? day(apiKey.expires_at) : t("never")],
    [t("lastUsed"), used || t("never")],
  ];
  return (
    <li className={styles.card}>
      <h3>{apiKey.label}</h3>
      <dl>
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      <button type="button" className={styles.button} onClick={onRevoke} data-testid="key-revoke">
        {t("revoke")}
      </button>
    </li>
  );
}

function RevokeDialog({ apiKey, onClose }: { apiKey: ApiKey; onClose: () => void }) {
  const { t } = useTranslation("keys");
  const errorText = useErrorText();
  const revoke = useRevokeKey(onClose);
  return (
    <Dialog title={t("revokeIt", { label: apiKey.label })} onClose={onClose} testId="revoke-dialog">
      <div className={styles.form}>
        <p className={styles.note}>{t("revokeHelp")}</p>
        <p className={styles.problem} role="alert">
          {revoke.isError && errorText(failureOf(revoke.error).code)}
        </p>
        <DialogActions>
          <button type="button" className={styles.button} onClick={onClose} data-first-focus>
            {t("cancel")}
          </button>
          <button
            type="button"
            className={styles.primary}
            disabled={revoke.isPending}
            onClick={() => revoke.mutate(apiKey.key_id)}
            data-testid="key-revoke-send"
          >
            {t("revoke")}
          </button>
        </DialogActions>
      </div>
    </Dialog>
  );
}
