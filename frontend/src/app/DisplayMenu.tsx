import { useTranslation } from "react-i18next";
import { type Language, type Palette, type Theme, useSettings } from "@/shared/settings/settings";
import { Popover } from "@/shared/ui/Popover";
import styles from "./Header.module.css";

const THEMES: readonly Theme[] = ["dark", "light"];
const LANGUAGES: readonly Language[] = ["ko", "en"];
const PALETTES: readonly Palette[] = ["auto", "red-up", "green-up", "colour-blind"];
/** Language, theme and colours. */
export function DisplayMenu() {
  const { t } = useTranslation("header");
  const { language, theme, palette, set } = useSettings();
  return (
    <Popover label={t("settings")} className={styles.icon} testId="display-menu" button={<Sliders />}>
      {() => (
        <div className={styles.display}>
          <Choice
            legend={t("language")}
            name="language"
            options={LANGUAGES}
            chosen={language}
            text={(option) => t(`languages.${option}`)}
            onChoose={(option) => set({ language: option })}
          />
          <Choice
            legend={t("theme")}
            name="theme"
            options={THEMES}
            chosen={theme}
            text={(option) => t(`themes.${option}`)}
            onChoose={(option) => set({ theme: option })}
          />
          <Choice
            legend={t("palette")}
            name="palette"
            options={PALETTES}
            chosen={palette}
            text={(option) => t(`palettes.${option}`)}
            onChoose={(option) => set({ palette: option })}
          />
        </div>
      )}
    </Popover>
  );
}

interface ChoiceProps<Option extends string> {
  legend: string;
  name: string;
  options: readonly Option[];
  chosen: Option;
  text: (option: Option) => string;
  onChoose: (option: Option) => void;
}

function Choice<Option extends string>({ legend, name, options, chosen, text, onChoose }: ChoiceProps<Option>) {
  return (
    <fieldset>
      <legend>{legend}</legend>
      {options.map((option) => (
        <label key={option}>
          <input
            type="radio"
            name={name}
            checked={option === chosen}
            data-testid={`${name}-${option}`}
            onChange={() => onChoose(option)}
          />
          {text(option)}
        </label>
      ))}
    </fieldset>
  );
}

function Sliders() {
  return (
    <svg width="16" height="16" viewBox="0 0 16 16" fill="none" stroke="currentColor" strokeWidth="1.5" aria-hidden>
      <path d="M2 4.5h6M12 4.5h2M2 11.5h2M8 11.5h6" />
      <circle cx="10" cy="4.5" r="1.8" />
      <circle cx="6" cy="11.5" r="1.8" />
    </svg>
  );
}
