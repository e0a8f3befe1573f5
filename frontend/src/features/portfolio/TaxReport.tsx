import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { download } from "@/shared/download";
import { failureOf, useErrorText } from "@/shared/errors";
import { useAssetDecimals, useAssets } from "@/shared/market/assets";
import { Amount } from "@/shared/ui/Amount";
import buttons from "@/shared/ui/Button.module.css";
import { type Column, DataTable } from "@/shared/ui/DataTable";
import { Panel } from "@/shared/ui/Panel";
import { answer, api, type Schemas } from "@/shared/wire/api";
import type { Method } from "./cost-method";
import styles from "./TaxReport.module.css";

type Report = Schemas["TaxReport"];
type Line = Schemas["TaxAsset"];

const YEARS_BACK = 5;

interface TaxReportProps {
  className: string;
  method: Method;
}

/** A calendar year asset by asset, on the page and as a file. */
export function TaxReport({ className, method }: TaxReportProps) {
  const { t } = useTranslation("portfolio");
  const [year, setYear] = useState(new Date().getFullYear());
  const [currency, setCurrency] = useState("");
  const errorText = useErrorText();
  const query = { year, ...(currency && { currency }) };
  const { data, error, isPending } = useQuery({
    queryKey: ["tax-report", year, currency],
    queryFn: () => answer(api.GET("/v1/tax-report", { params: { query } })),
    placeholderData: keepPreviousData,
  });
  return (
    <Panel className={className} title={t("taxReport")}>
      <div className={styles.report}>
        <div className={styles.head}>
          <Controls
            year={year}
            onYear={setYear}
            currency={currency || (data?.currency ?? "")}
            onCurrency={setCurrency}
            onExport={() => download("/v1/export/tax-report", query)}
          />
          {data && <Sums report={data} method={method} />}
        </div>
        <DataTable
          label={t("taxReport")}
          testId="tax-report"
          columns={useColumns(data?.currency ?? currency, method)}
          rows={data?.assets ?? []}
          keyOf={(row) => row.asset}
          loading={isPending}
          empty={error ? errorText(failureOf(error).code) : t("nothingThatYear")}
        />
      </div>
    </Panel>
  );
}

interface ControlsProps {
  year: number;
  onYear: (year: number) => void;
  /** Empty until the report has named it. */
  currency: string;
  onCurrency: (currency: string) => void;
  onExport: () => void;
}

function Controls({ year, onYear, currency, onCurrency, onExport }: ControlsProps) {
  const { t } = useTranslation("portfolio");
  const assets = useAssets();
  const thisYear = new Date().getFullYear();
  const years = Array.from({ length: YEARS_BACK + 1 }, (_, back) => thisYear - back);
  return (
    <span className={styles.controls}>
      <select
        className={buttons.input}
        aria-label={t("year")}
        value={year}
        data-testid="tax-year"
        onChange={(event) => onYear(Number(event.target.value))}
      >
        {years.map((each) => (
          <option key={each}>{each}</option>
        ))}
      </select>
      <select
        className={buttons.input}
        aria-label={t("currency")}
        value={currency}
        data-testid="tax-currency"
        onChange={(event) => onCurrency(event.target.value)}
      >
        {currency === "" && <option value="" />}
        {assets.map((asset) => (
          <option key={asset}>{asset}</option>
        ))}
      </select>
      <button type="button" className={buttons.small} data-testid="tax-export" onClick={onExport}>
        {t("taxExport")}
      </button>
    </span>
  );
}

function Sums({ report, method }: { report: Report; method: Method }) {
  const { t } = useTranslation("portfolio");
  const decimals = useAssetDecimals()(report.currency);
  const profit = method === "fifo" ? report.realised_profit_fifo : report.realised_profit_average;
  return (
    <p className={styles.sums} data-testid="tax-sums">
      <span>
        {t("realised")}{" "}
        <b>
          <Amount text={profit} decimals={decimals} signed />
        </b>{" "}
        {report.currency}
      </span>
      <span>
        {t("fees")} <Amount text={report.fees} decimals={decimals} /> {report.currency}
      </span>
      <span>{t("yearOf", { zone: report.time_zone })}</span>
    </p>
  );
}

function useColumns(currency: string, method: Method): readonly Column<Line>[] {
  const { t } = useTranslation("portfolio");
  const decimals = useAssetDecimals();
  const money = decimals(currency);
  const quantity = (id: "opening" | "acquired" | "disposed" | "closing"): Column<Line> => ({
    id,
    header: t(`tax.${id}`),
    width: "minmax(104px, 1fr)",
    cell: (row) => <Amount text={row[`${id}_quantity`]} decimals={decimals(row.asset)} />,
  });
  const amount = (
    id: "acquiredCost" | "proceeds" | "disposedCost" | "profit" | "fees" | "closingCost",
    figure: (row: Line) => string | null,
  ): Column<Line> => ({
    id,
    header: t(`tax.${id}`),
    width: "minmax(104px, 1fr)",
    cell: (row) => <Amount text={figure(row)} decimals={money} signed={id === "profit"} />,
  });
  const isFifo = method === "fifo";
  return [
    {
      id: "asset",
      header: t("asset"),
      width: "minmax(64px, 0.6fr)",
      align: "left",
      cell: (row) => <b>{row.asset}</b>,
    },
    quantity("opening"),
    quantity("acquired"),
    amount("acquiredCost", (row) => row.acquired_cost),
    quantity("disposed"),
    amount("proceeds", (row) => row.proceeds),
    amount("disposedCost", (row) => (isFifo ? row.disposed_cost_fifo : row.disposed_cost_average)),
    amount("profit", (row) => (isFifo ? row.realised_profit_fifo : row.realised_profit_average)),
    amount("fees", (row) => row.fees),
    quantity("closing"),
    amount("closingCost", (row) => (isFifo ? row.closing_cost_fifo : row.closing_cost_average)),
  ];
}
