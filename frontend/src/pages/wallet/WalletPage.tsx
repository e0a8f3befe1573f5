import { useEffect } from "react";
import { useTranslation } from "react-i18next";
import { useSearchParams } from "react-router";
import { WithdrawalDialog } from "@/features/custody/WithdrawalDialog";
import { usePage } from "@/shared/page";
import { OwnPage } from "@/shared/ui/OwnPage";
import { TabPanel, Tabs } from "@/shared/ui/Tabs";
import { useRenewal } from "@/shared/wire/use-renewal";
import { AddressesTab, BalancesTab, DepositTab, HistoryTab, WithdrawTab } from "./tabs";
import styles from "./WalletPage.module.css";

const TABS = ["balances", "deposit", "withdraw", "addresses", "history"] as const;
type Tab = (typeof TABS)[number];
/** Tabs of what takes money out. */
const OUT: readonly Tab[] = ["withdraw", "addresses"];

/** Money in and out is read again after changed balances, at most so often. */
const RENEWAL_MS = 2_000;

/** What the account holds, and how money comes in and goes out. The page's address says what is on show. */
export default function WalletPage() {
  const { t } = useTranslation("wallet");
  const { scopes } = usePage();
  const { tab, withdrawalId, wanted, go } = usePlace();
  useEffect(() => {
    document.title = `${t("title")} · xTrader`;
  }, [t]);
  const tabs = TABS.filter((each) => scopes.includes("withdraw") || !OUT.includes(each));
  const shown = tabs.includes(tab) ? tab : "balances";
  return (
    <OwnPage>
      <main className={styles.page}>
        <h1 className="visually-hidden">{t("title")}</h1>
        <div className={styles.tabs}>
          <Tabs
            name="wallet"
            label={t("title")}
            items={tabs.map((id) => ({ id, label: t(`tabs.${id}`) }))}
            selected={shown}
            onSelect={(id) => go({ tab: id })}
          />
        </div>
        <TabPanel name="wallet" selected={shown} className={styles.panel}>
          <Shown tab={shown} wanted={wanted} go={go} />
        </TabPanel>
      </main>
      {withdrawalId && <WithdrawalDialog withdrawalId={withdrawalId} onClose={() => go({ tab: shown })} />}
    </OwnPage>
  );
}

interface Place {
  tab: Tab;
  /** The withdrawal on show. */
  withdrawal?: string;
}

/** What the address says, and the way to say something else. */
function usePlace() {
  const [params, setParams] = useSearchParams();
  return {
    tab: (params.get("tab") ?? "balances") as Tab,
    withdrawalId: params.get("withdrawal"),
    wanted: params.get("asset"),
    go: (place: Place) => setParams({ ...place }),
  };
}

interface ShownProps {
  tab: Tab;
  wanted: string | null;
  go: (place: Place) => void;
}

function Shown({ tab, wanted, go }: ShownProps) {
  useRenewal("custody", RENEWAL_MS, tab !== "balances");
  const open = (withdrawal: string) => go({ tab, withdrawal });
  const onBook = () => go({ tab: "addresses" });
  if (tab === "balances") return <BalancesTab />;
  if (tab === "history") return <HistoryTab onOpen={open} />;
  if (tab === "deposit") return <DepositTab wanted={wanted} />;
  if (tab === "addresses") return <AddressesTab />;
  return <WithdrawTab wanted={wanted} onOpen={open} onBook={onBook} />;
}
