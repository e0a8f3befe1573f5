import { useTranslation } from "react-i18next";
import { useLanguage } from "@/shared/i18n";
import {
  LANGUAGES,
  type Language,
  PALETTES,
  type Palette,
  paletteOf,
  THEMES,
  useSettings,
} from "@/shared/settings";
import buttons from "@/shared/ui/Button.module.css";
import { Panel } from "@/shared/ui/Panel";
import { RadioGroup } from "@/shared/ui/RadioGroup";
import styles from "./account.module.css";

/** Choices of how long this page may be silent before its orders are canceled; 0: for ever. */
const CANCEL_AFTER_S = [0, 30, 60, 300] as const;

/** What this browser remembers. Every change holds at once. */
export function AccountSettings() {
  const { t } = useTranslation("account");
  const { theme, palette, set } = useSettings();
  const language = useLanguage();
  return (
    <Panel title={t("settings")}>
      <div className={styles.settings} data-testid="settings">
        <RadioGroup
          className={styles.choice}
          name="language"
          legend={t("language")}
          options={LANGUAGES.map((id) => ({ id, label: t(`languages.${id}`) }))}
          chosen={language}
          onChoose={(id) => set({ language: id })}
        />
        <RadioGroup
          className={styles.choice}
          name="theme"
          legend={t("theme")}
          options={THEMES.map((id) => ({ id, label: t(`themes.${id}`) }))}
          chosen={theme}
          onChoose={(id) => set({ theme: id })}
        />
        <RadioGroup
          className={styles.choice}
          name="palette"
          legend={t("palette")}
          options={PALETTES.map((id) => ({ id, label: <PaletteLabel palette={id} language={language} /> }))}
          chosen={palette}
          onChoose={(id) => set({ palette: id })}
        />
        <OrderSettings />
        <p className={styles.note}>{t("keptHere")}</p>
      </div>
    </Panel>
  );
}

function OrderSettings() {
  const { t } = useTranslation("account");
  const { confirmOrders, cancelOnDisconnect, cancelAfterMs, set } = useSettings();
  return (
    <fieldset className={styles.choice}>
      <legend>{t("orders")}</legend>
      <label>
        <input
          type="checkbox"
          checked={confirmOrders}
          onChange={(event) => set({ confirmOrders: event.target.checked })}
          data-testid="confirm-orders"
        />
        {t("confirmOrders")}
      </label>
      <label title={t("cancelOnDisconnectHelp")}>
        <input
          type="checkbox"
          checked={cancelOnDisconnect}
          onChange={(event) => set({ cancelOnDisconnect: event.target.checked })}
          data-testid="cancel-on-disconnect"
        />
        {t("cancelOnDisconnect")}
      </label>
      <p className={styles.note}>{t("cancelOnDisconnectHelp")}</p>
      <label>
        {t("cancelAfter")}
        <select
          className={buttons.input}
          value={cancelAfterMs}
          onChange={(event) => set({ cancelAfterMs: Number(event.target.value) })}
          data-testid="cancel-after"
        >
          {CANCEL_AFTER_S.map((seconds) => (
            <option key={seconds} value={seconds * 1_000}>
              {t(seconds === 0 ? "cancelAfterNever" : "cancelAfterSeconds", { seconds })}
            </option>
          ))}
        </select>
      </label>
      <p className={styles.note}>{t("cancelAfterHelp")}</p>
    </fieldset>
  );
}

/** The palette's name with its two colours, arrows and all. */
function PaletteLabel({ palette, language }: { palette: Palette; language: Language }) {
  const { t } = useTranslation("account");
  return (
    <span className={styles.palette}>
      {t(`palettes.${palette}`)}
      <span className={styles.swatch} data-palette={paletteOf(palette, language)} aria-hidden>
        <i>▲</i>
        <b>▼</b>
      </span>
    </span>
  );
}
