import { useTranslation } from "react-i18next";
import { failureOf, useErrorText } from "@/shared/errors";
import { useAssetDecimals } from "@/shared/market/assets";
import { usePage } from "@/shared/page";
import { Amount } from "@/shared/ui/Amount";
import { type Column, DataTable } from "@/shared/ui/DataTable";
import { Time } from "@/shared/ui/Time";
import { useAccountName, useNamedAccounts } from "@/shared/wire/own-accounts";
import type { Entry } from "./entries";
import { useLastTransfers } from "./sub-accounts";

/** The last transfers of the tab's account. */
export function LastTransfers() {
  const { t } = useTranslation("accounts");
  const errorText = useErrorText();
  const { account } = usePage();
  const { data, error, isPending } = useLastTransfers(account);
  return (
    <DataTable
      label={t("last")}
      testId="last-transfers"
      columns={useColumns()}
      rows={data ?? []}
      keyOf={(row) => row.entry_id}
      loading={isPending}
      empty={error ? errorText(failureOf(error).code) : t("noTransfers")}
    />
  );
}

function useColumns(): readonly Column<Entry>[] {
  const { t } = useTranslation("accounts");
  const decimals = useAssetDecimals();
  const nameOf = useCounterpart();
  return [
    {
      id: "time",
      header: t("time"),
      width: "minmax(104px, 1fr)",
      align: "left",
      cell: ({ timestamp }) => <Time at={timestamp} />,
    },
    {
      id: "with",
      header: t("with"),
      width: "minmax(72px, 1fr)",
      align: "left",
      cell: nameOf,
    },
    {
      id: "asset",
      header: t("asset"),
      width: "minmax(44px, 0.5fr)",
      align: "left",
      cell: ({ asset }) => asset,
    },
    {
      id: "amount",
      header: t("amount"),
      width: "minmax(96px, 1fr)",
      cell: ({ amount, asset }) => <Amount text={amount} decimals={decimals(asset)} signed exact />,
    },
  ];
}

/** The other side of a transfer: the name of an account of the user, else its number. */
function useCounterpart(): (entry: Entry) => string {
  const accounts = useNamedAccounts();
  const nameOf = useAccountName();
  return ({ counter_account: number }) => {
    const own = accounts.find(({ account }) => account === number);
    return own ? nameOf(own) : (number ?? "");
  };
}
