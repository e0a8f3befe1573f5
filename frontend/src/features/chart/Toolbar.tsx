import { useTranslation } from "react-i18next";
import { useSettings } from "@/shared/settings";
import { Popover } from "@/shared/ui/Popover";
import { INTERVALS } from "@/shared/wire/types";
import { INDICATORS, type IndicatorName, KINDS, type Kind, useChartSettings } from "./chart-settings";
import styles from "./Toolbar.module.css";

export function Toolbar() {
  const { t } = useTranslation("chart");
  const { view, set } = useChartSettings();
  return (
    <div className={styles.bar}>
      <div className={styles.group} role="group" aria-label={t("views")}>
        {(["chart", "depth"] as const).map((name) => (
          <button
            key={name}
            type="button"
            className={styles.view}
            aria-pressed={view === name}
            data-testid={`chart-view-${name}`}
            onClick={() => set({ view: name })}
          >
            {t(name === "chart" ? "title" : "depth")}
          </button>
        ))}
      </div>
      {view === "chart" && <ChartControls />}
    </div>
  );
}

function ChartControls() {
  const { t } = useTranslation("chart");
  const { interval, set } = useSettings();
  const kind = useChartSettings((settings) => settings.kind);
  const change = useChartSettings((settings) => settings.set);
  return (
    <>
      <div className={styles.group} role="group" aria-label={t("intervals")}>
        {INTERVALS.map((name) => (
          <button
            key={name}
            type="button"
            aria-pressed={name === interval}
            data-testid={`interval-${name}`}
            onClick={() => set({ interval: name })}
          >
            {t(`interval.${name}`)}
          </button>
        ))}
      </div>
      <select
        aria-label={t("kind")}
        value={kind}
        onChange={(event) => change({ kind: event.target.value as Kind })}
      >
        {KINDS.map((name) => (
          <option key={name} value={name}>
            {t(`kinds.${name}`)}
          </option>
        ))}
      </select>
      <Popover label={t("indicators")} button={t("indicators")} testId="indicators">
        {() => <IndicatorMenu />}
      </Popover>
    </>
  );
}

function IndicatorMenu() {
  const { t } = useTranslation("chart");
  const reset = useChartSettings((settings) => settings.resetParameters);
  return (
    <div className={styles.menu}>
      {INDICATORS.map((name) => (
        <IndicatorRow key={name} name={name} />
      ))}
      <button type="button" className={styles.defaults} onClick={reset}>
        {t("defaults")}
      </button>
    </div>
  );
}

function IndicatorRow({ name }: { name: IndicatorName }) {
  const { t } = useTranslation("chart");
  const { shown, parameters, toggle, setParameter } = useChartSettings();
  const full = t(`names.${name}`);
  return (
    <div className={styles.indicator}>
      <label>
        <input type="checkbox" checked={shown.includes(name)} onChange={() => toggle(name)} />
        {full}
      </label>
      <span>
        {parameters[name].map((value, index) => (
          <input
            // biome-ignore lint/suspicious/noArrayIndexKey: a parameter is its place; typing keeps the focus
            key={`${name} ${index}`}
            type="number"
            min={1}
            max={400}
            defaultValue={value}
            aria-label={t("parameter", { name: full, number: index + 1 })}
            onChange={(event) => setParameter(name, index, event.target.valueAsNumber)}
          />
        ))}
      </span>
    </div>
  );
}
