import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useId, useState } from "react";
import { useTranslation } from "react-i18next";
import { failureOf, useErrorText } from "@/shared/errors";
import { grouped, trimZeros } from "@/shared/numbers";
import { Panel } from "@/shared/ui/Panel";
import { Time } from "@/shared/ui/Time";
import { answer, api, type Schemas } from "@/shared/wire/api";
import styles from "./FeeTiers.module.css";
import { percentOf } from "./percent";

type Standing = Schemas["Referral"];

/** The user's code, what it earned, and who brought the user. */
export function Referral() {
  const { t } = useTranslation("account");
  const { data } = useQuery({
    queryKey: ["referral"],
    queryFn: () => answer(api.GET("/v1/referral")),
  });
  return (
    <Panel title={t("referral")}>
      <div className={styles.body} data-testid="referral">
        {data && (
          <>
            <Facts standing={data} />
            {data.is_tied && <p className={styles.note}>{t("codeUsed")}</p>}
            {data.closes_at !== null && <UseCode closesAt={data.closes_at} />}
          </>
        )}
      </div>
    </Panel>
  );
}

function Facts({ standing }: { standing: Standing }) {
  const { t } = useTranslation("account");
  const [copied, setCopied] = useState(false);
  const copy = () => void navigator.clipboard.writeText(standing.code).then(() => setCopied(true));
  return (
    <>
      <dl className={styles.facts}>
        <dt>{t("referralCode")}</dt>
        <dd>
          <code data-testid="referral-code">{standing.code}</code>{" "}
          <button type="button" className={styles.button} onClick={copy}>
            {t(copied ? "copied" : "copy")}
          </button>
        </dd>
        <dt>{t("referredCount")}</dt>
        <dd data-testid="referred-count">{standing.referred_count}</dd>
        <dt>{t("earned")}</dt>
        <dd>
          {standing.earned.length === 0 && t("nothingEarned")}
          {standing.earned.map(({ asset, amount }) => (
            <div key={asset}>
              {grouped(trimZeros(amount))} {asset}
            </div>
          ))}
        </dd>
      </dl>
      <p className={styles.note}>{t("referralShare", { percent: percentOf(standing.share) })}</p>
    </>
  );
}

function UseCode({ closesAt }: { closesAt: number }) {
  const { t } = useTranslation("account");
  const errorText = useErrorText();
  const [code, setCode] = useState("");
  const queries = useQueryClient();
  const id = useId();
  const use = useMutation({
    mutationFn: () => answer(api.POST("/v1/referral", { body: { code } })),
    onSuccess: (standing) => queries.setQueryData(["referral"], standing),
  });
  const send = (event: React.FormEvent) => {
    event.preventDefault();
    use.mutate();
  };
  return (
    <form className={styles.useCode} onSubmit={send}>
      <label htmlFor={id}>{t("enterCode")}</label>
      <div>
        <input
          id={id}
          value={code}
          maxLength={12}
          autoComplete="off"
          aria-describedby={`${id}-help`}
          aria-invalid={use.isError}
          onChange={({ target }) => {
            setCode(target.value);
            use.reset();
          }}
          data-testid="referral-input"
        />
        <button
          type="submit"
          className={styles.button}
          disabled={code.trim() === "" || use.isPending}
          data-testid="referral-send"
        >
          {t("useCode")}
        </button>
      </div>
      <p id={`${id}-help`} className={styles.note} role="alert" data-testid="referral-problem">
        {use.isError ? (
          errorText(failureOf(use.error).code)
        ) : (
          <>
            {t("enterCodeHelp")} <Time at={closesAt} />
          </>
        )}
      </p>
    </form>
  );
}
