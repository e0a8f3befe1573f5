import { useTranslation } from "react-i18next";
import { isAuction } from "@/shared/market/market-status";
import { LINKED_KINDS, type OrderKind, OTHER_KINDS, TRIGGER_KINDS } from "@/shared/order-draft/draft";
import { useDraft } from "@/shared/order-draft/draft-store";
import styles from "./Kinds.module.css";

/** The kind of order: the two usual ones at hand, those that wait or are linked in a list. */
export function Kinds({ status }: { status: string }) {
  const { t } = useTranslation("order");
  const { kind, side, change } = useDraft();
  const isUsual = kind === "limit" || kind === "market";
  return (
    <div className={styles.kinds} role="group" aria-label={t("type")}>
      {(["limit", "market"] as const).map((each) => (
        <button
          key={each}
          type="button"
          aria-pressed={kind === each}
          disabled={!mayEnter(each, status)}
          data-testid={`order-type-${each}`}
          onClick={() => change({ kind: each })}
        >
          {t(`kinds.${each}`)}
        </button>
      ))}
      <select
        aria-label={t("moreTypes")}
        data-chosen={!isUsual}
        value={isUsual ? "" : kind}
        data-testid="order-type-more"
        onChange={(event) => change({ kind: event.target.value as OrderKind })}
      >
        <option value="" hidden>
          {t("moreTypes")}
        </option>
        {OTHER_KINDS.map((each) => (
          <option key={each} value={each} disabled={!mayEnter(each, status)}>
            {t(`kinds.${each}`)}
          </option>
        ))}
        <optgroup label={t("waitingTypes")}>
          {TRIGGER_KINDS.map((each) => (
            <option key={each} value={each} disabled={!mayEnter(each, status)}>
              {t(`kinds.${each}`)}
            </option>
          ))}
        </optgroup>
        <optgroup label={t("linkedTypes")}>
          {LINKED_KINDS.map((each) => (
            <option
              key={each}
              value={each}
              disabled={!mayEnter(each, status) || (each === "bracket" && side === "sell")}
            >
              {t(`kinds.${each}`)}
            </option>
          ))}
        </optgroup>
      </select>
    </div>
  );
}

/** Whether any order of the kind may enter in a state of the market. */
function mayEnter(kind: OrderKind, status: string): boolean {
  if (status === "post_only") return kind === "limit" || kind === "bracket";
  return !isAuction(status) || (kind !== "market" && kind !== "market_to_limit" && kind !== "pegged");
}
