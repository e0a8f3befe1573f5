import { useTranslation } from "react-i18next";
import { grouped, trimZeros } from "@/shared/numbers";
import styles from "./custody.module.css";
import type { AssetTerms, WithdrawalTerms } from "./wire";

/** What happens after the button, in plain words. */
export function WhatNext({ terms, asset }: { terms: WithdrawalTerms; asset: AssetTerms }) {
  const { t } = useTranslation("custody");
  const above = grouped(trimZeros(terms.review_above));
  const { currency } = terms.limits;
  return (
    <section className={styles.next}>
      <h3>{t("next.title")}</h3>
      <ol>
        <li>{t("next.proof")}</li>
        <li>{t(terms.confirms_by_letter ? "next.letter" : "next.noLetter")}</li>
        <li>{t("next.review", { above, currency })}</li>
        <li>{t(asset.provider_is_manual ? "next.byHand" : "next.byMachine")}</li>
      </ol>
      <p className={styles.note}>{t("next.held")}</p>
    </section>
  );
}
