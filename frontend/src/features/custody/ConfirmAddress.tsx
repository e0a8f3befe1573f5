import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { useMoment } from "@/shared/moment";
import { useAddresses, useConfirmAddress } from "./custody";
import styles from "./custody.module.css";
import { rowOf } from "./letter-keys";
import { Facts, Problem } from "./parts";
import type { Address } from "./wire";
import own from "./withdrawal.module.css";

/** What the letter's link opens: the new address, and the button that confirms it. */
export function ConfirmAddress({ letterKey }: { letterKey: string }) {
  const { t } = useTranslation("custody");
  const addressId = rowOf(letterKey);
  const { data, error } = useAddresses();
  const confirm = useConfirmAddress(addressId, letterKey);
  const entry = data?.addresses.find((each) => each.address_id === addressId);
  return (
    <section className={own.confirm} data-testid="confirm-address">
      <h1>{t("confirm.address")}</h1>
      {entry && <Entry entry={entry} />}
      {data && !entry && <p role="alert">{t("confirm.noAddress")}</p>}
      <Problem of={error ?? confirm.error} testId="confirm-problem" />
      {entry && !entry.confirmed && (
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
      <Link to="/wallet?tab=addresses">{t("confirm.toBook")}</Link>
    </section>
  );
}

function Entry({ entry }: { entry: Address }) {
  const { t } = useTranslation("custody");
  const moment = useMoment();
  const { asset, address, tag, label, confirmed, usable_at, is_usable } = entry;
  const at = usable_at === null ? "" : moment(usable_at);
  const standing = is_usable ? "book.usable" : confirmed ? "confirm.usableAt" : "confirm.addressHelp";
  return (
    <>
      <Facts
        facts={[
          [t("book.label"), label],
          [t("asset"), asset],
          [
            t("address"),
            <span key="address" className={styles.address}>
              {address}
            </span>,
          ],
          ...(tag ? [[t("tag"), tag] as const] : []),
        ]}
      />
      <p role="status" data-testid="confirm-standing">
        {t(standing, { at })}
      </p>
    </>
  );
}
