import { useTranslation } from "react-i18next";
import { LANGUAGES, PALETTES, THEMES, useSettings } from "@/shared/settings";
import { Popover } from "@/shared/ui/Popover";
import { RadioGroup } from "@/shared/ui/RadioGroup";
import styles from "./Header.module.css";

/** Language, theme and colours. */
export function DisplayMenu() {
  const { t } = useTranslation("header");
  const { language, theme, palette, set } = useSettings();
  return (
    <Popover label={t("settings")} className={styles.icon} testId="display-menu" button={<Sliders />}>
      {() => (
        <div className={styles.display}>
          <RadioGroup
            legend={t("language")}
            name="language"
            options={LANGUAGES.map((id) => ({ id, label: t(`languages.${id}`) }))}
            chosen={language}
            onChoose={(id) => set({ language: id })}
          />
          <RadioGroup
            legend={t("theme")}
            name="theme"
            options={THEMES.map((id) => ({ id, label: t(`themes.${id}`) }))}
            chosen={theme}
            onChoose={(id) => set({ theme: id })}
          />
          <RadioGroup
            legend={t("palette")}
            name="palette"
            options={PALETTES.map((id) => ({ id, label: t(`palettes.${id}`) }))}
            chosen={palette}
            onChoose={(id) => set({ palette: id })}
          />
        </div>
      )}
    </Popover>
  );
}

function Sliders() {
  return (
    <svg
      width="16"
      height="16"
      viewBox="0 0 16 16"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.5"
      aria-hidden
    >
      <path d="M2 4.5h6M12 4.5h2M2 11.5h2M8 11.5h6" />
      <circle cx="10" cy="4.5" r="1.8" />
      <circle cx="6" cy="11.5" r="1.8" />
    </svg>
  );
}
