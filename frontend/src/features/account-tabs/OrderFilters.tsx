import { useTranslation } from "react-i18next";
import buttons from "@/shared/ui/Button.module.css";
import { DayField } from "@/shared/ui/DayField";
import styles from "./AccountTabs.module.css";
import { type AccountTab, type Filters, useAccountView } from "./view-store";

const STATUSES: Record<AccountTab, readonly string[]> = {
  open: ["new", "partially_filled"],
  history: ["filled", "canceled", "expired"],
  fills: [],
  balances: [],
};

/** Filters of the columns that the tab has. */
export function OrderFilters({ tab }: { tab: AccountTab }) {
  const { t } = useTranslation("orders");
  const { filters, setFilters } = useAccountView();
  if (tab === "balances") return null;
  return (
    <span className={styles.filters} role="group" aria-label={t("filters")}>
      <input
        className={buttons.input}
        type="search"
        placeholder={t("symbolFilter")}
        aria-label={t("symbolFilter")}
        value={filters.symbol}
        data-testid="filter-symbol"
        onChange={(event) => setFilters({ symbol: event.target.value })}
      />
      <Choice
        name="side"
        label={t("columns.side")}
        options={["buy", "sell"].map((side) => [side, t(`sides.${side as "buy"}`)])}
      />
      {STATUSES[tab].length > 0 && (
        <Choice
          name="status"
          label={t("columns.status")}
          options={STATUSES[tab].map((status) => [status, t(`statuses.${status as "new"}`)])}
        />
      )}
      {(tab === "history" || tab === "fills") && <Days />}
      {tab === "fills" && (
        <Choice
          name="liquidity"
          label={t("columns.liquidity")}
          options={["maker", "taker", "auction"].map((each) => [each, t(`liquidity.${each as "maker"}`)])}
        />
      )}
    </span>
  );
}

/** From which day to which, both included. */
function Days() {
  const { t } = useTranslation("orders");
  const { filters, setFilters } = useAccountView();
  return (
    <>
      <DayField
        label={t("from")}
        testId="filter-from"
        value={filters.from}
        max={filters.to}
        onChange={(from) => setFilters({ from })}
      />
      <DayField
        label={t("to")}
        testId="filter-to"
        value={filters.to}
        min={filters.from}
        onChange={(to) => setFilters({ to })}
      />
    </>
  );
}

interface ChoiceProps {
  name: "side" | "status" | "liquidity";
  label: string;
  options: readonly (readonly [string, string])[];
}

function Choice({ name, label, options }: ChoiceProps) {
  const { filters, setFilters } = useAccountView();
  return (
    <select
      className={buttons.input}
      aria-label={label}
      value={filters[name]}
      data-testid={`filter-${name}`}
      onChange={(event) => setFilters({ [name]: event.target.value } as Partial<Filters>)}
    >
      <option value="">{label}</option>
      {options.map(([value, text]) => (
        <option key={value} value={value}>
          {text}
        </option>
      ))}
    </select>
  );
}
