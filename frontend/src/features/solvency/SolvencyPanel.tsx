import { useMutation, useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { saveFile } from "@/shared/csv";
import { fromUnits, grouped, trimZeros } from "@/shared/numbers";
import { Panel } from "@/shared/ui/Panel";
import { Time } from "@/shared/ui/Time";
import { answer, api } from "@/shared/wire/api";
import styles from "./SolvencyPanel.module.css";
import { type Proof, type Report, type Verdict, verify } from "./verify";

/** Publications among which the proof's is looked for. */
const REPORTS = 100;

/** The account's balances in what the venue has published to owe, and the button that proves it. Nothing is shown
 * before the first publication. */
export function SolvencyPanel({ className = "" }: { className?: string }) {
  const { t } = useTranslation("portfolio");
  const { data: newest } = useQuery({ queryKey: ["solvency", 1], queryFn: () => readReports(1) });
  const sequence = newest?.[0]?.sequence;
  const { data: proof } = useQuery({
    queryKey: ["solvency-proof", sequence],
    queryFn: () =>
      answer(
        api.GET("/v1/solvency/proof", { params: { query: sequence === undefined ? {} : { sequence } } }),
      ),
    enabled: sequence !== undefined,
  });
  if (!proof) return null;
  return (
    <Panel title={t("solvency.title")} className={className} controls={<Save proof={proof} />}>
      <div className={styles.body} data-testid="solvency">
        <p>{t("solvency.intro")}</p>
        <dl className={styles.facts}>
          <dt>{t("solvency.published")}</dt>
          <dd>
            <Time at={proof.report.timestamp} /> ·{" "}
            {t("solvency.sequence", { sequence: proof.report.sequence })}
          </dd>
          <dt>{t("solvency.root")}</dt>
          <dd className={styles.root}>{proof.report.root}</dd>
        </dl>
        <Balances proof={proof} />
        <Check proof={proof} />
      </div>
    </Panel>
  );
}

function Balances({ proof }: { proof: Proof }) {
  const { t } = useTranslation("portfolio");
  return (
    <table className={styles.balances}>
      <thead>
        <tr>
          <th>{t("solvency.asset")}</th>
          <th>{t("solvency.yours")}</th>
          <th>{t("solvency.owed")}</th>
          <th>{t("solvency.custody")}</th>
        </tr>
      </thead>
      <tbody>
        {proof.report.assets.map(({ asset, scale, liabilities_minor, custody_minor }) => {
          const mine = proof.leaves.find((leaf) => leaf.asset === asset);
          return (
            <tr key={asset}>
              <th scope="row">{asset}</th>
              <td>{mine ? plain(mine.amount_minor, scale) : "–"}</td>
              <td>{plain(liabilities_minor, scale)}</td>
              <td>{plain(custody_minor, scale)}</td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}

/** An amount to its last digit, without zeros that say nothing. */
function plain(minor: string, scale: number): string {
  return grouped(trimZeros(fromUnits(BigInt(minor), scale)));
}

function Check({ proof }: { proof: Proof }) {
  const { t } = useTranslation("portfolio");
  const check = useMutation({ mutationFn: () => checkAgainstPublic(proof) });
  const canHash = globalThis.crypto?.subtle !== undefined;
  const verdict = check.isError ? "failed" : check.data;
  return (
    <div className={styles.check}>
      <button
        type="button"
        className={styles.button}
        disabled={check.isPending || !canHash}
        onClick={() => check.mutate()}
        data-testid="solvency-verify"
      >
        {t("solvency.verify")}
      </button>
      <span role="status" data-verdict={verdict} className={styles.verdict}>
        {!canHash ? t("solvency.verdicts.insecure") : verdict && t(`solvency.verdicts.${verdict}`)}
      </span>
    </div>
  );
}

async function readReports(limit: number): Promise<readonly Report[]> {
  const { reports } = await answer(api.GET("/api/v1/solvency", { params: { query: { limit } } }));
  return reports;
}

/** The proof against the root that everyone is shown. */
async function checkAgainstPublic(proof: Proof): Promise<Verdict | "notPublic"> {
  const reports = await readReports(REPORTS);
  const shown = reports.find(({ sequence }) => sequence === proof.report.sequence);
  return shown ? verify(proof, shown.root) : "notPublic";
}

function Save({ proof }: { proof: Proof }) {
  const { t } = useTranslation("portfolio");
  const name = `xtrader-proof-${proof.report.sequence}.json`;
  return (
    <button
      type="button"
      className={styles.button}
      onClick={() => saveFile(name, `${JSON.stringify(proof, null, 1)}\n`, "application/json")}
      data-testid="solvency-save"
    >
      {t("solvency.save")}
    </button>
  );
}
