import { useTranslation } from "react-i18next";
import { useMoment } from "@/shared/moment";
import { Panel } from "@/shared/ui/Panel";
import { Problem } from "./parts";
import { type Act, useActs } from "./security";
import styles from "./security.module.css";

/** What has happened to the user's security, newest first. */
export function ActsPanel() {
  const { t } = useTranslation("security");
  const { data, error } = useActs();
  const acts = data?.acts ?? [];
  return (
    <Panel title={t("acts.title")}>
      <div className={styles.list}>
        <Problem of={error} />
        {data && acts.length === 0 && <p className={styles.note}>{t("acts.none")}</p>}
        <ul className={styles.rows} data-testid="acts">
          {acts.map((act, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: acts have no id, and the list is read as a whole.
            <Row key={index} act={act} />
          ))}
        </ul>
      </div>
    </Panel>
  );
}

/** In this order; others are not for reading. */
const FACTS = ["label", "reason", "left", "email", "agent", "network"] as const;

function Row({ act }: { act: Act }) {
  const { t } = useTranslation("security");
  const moment = useMoment();
  const facts = FACTS.flatMap((fact) => {
    const value = act.facts[fact];
    return value === undefined ? [] : [fact === "left" ? t("codes.left", { left: value }) : value];
  });
  return (
    <li className={styles.row} data-kind={act.kind}>
      <div>
        <strong>{t(`acts.kinds.${act.kind}`)}</strong>
        <small>{facts.join(" · ")}</small>
      </div>
      <time dateTime={new Date(act.at).toISOString()}>{moment(act.at)}</time>
    </li>
  );
}
