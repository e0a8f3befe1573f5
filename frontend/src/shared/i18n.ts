// The page's texts: src/locales/{en,ko}/{namespace}.json. A component names its namespace:
// `const { t } = useTranslation("orders")`. No string a person reads stands outside those files.

import i18next from "i18next";
import { initReactI18next, useTranslation } from "react-i18next";
import type { Language } from "./settings";
import { useSettings } from "./settings";

export type { Language };

type Texts = Record<string, unknown>;
const files = import.meta.glob<Texts>("../locales/*/*.json", { eager: true, import: "default" });

const resources: Record<string, Record<string, Texts>> = {};
for (const [path, texts] of Object.entries(files)) {
  const [language, file] = path.split("/").slice(-2) as [string, string];
  resources[language] = { ...resources[language], [file.replace(".json", "")]: texts };
}

void i18next.use(initReactI18next).init({
  resources,
  lng: useSettings.getState().language,
  fallbackLng: "en",
  defaultNS: "common",
  interpolation: { escapeValue: false },
  returnNull: false,
});

useSettings.subscribe(({ language }) => {
  if (i18next.language !== language) void i18next.changeLanguage(language);
});

export function useLanguage(): Language {
  return useSettings((settings) => settings.language);
}

/** What people call the symbol; nothing for symbols listed after the page was made. */
export function useDisplayName(): (symbol: string) => string {
  const { t } = useTranslation();
  return (symbol) => t(`assets.${symbol}`, { defaultValue: "" });
}
