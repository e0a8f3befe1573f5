// What went wrong and what to do about it, in a sentence: namespace `errors`, one key for each wire code.

import { useCallback } from "react";
import { useTranslation } from "react-i18next";
import { grouped } from "./numbers";
import { ApiFailure } from "./wire/api";

export type Details = Readonly<Record<string, unknown>>;
type Translate = (key: string, options?: Record<string, unknown>) => string;

/** The sentence of a wire code. `t` is of the namespace `errors`. A sentence with figures that the
 * details lack gives way to its `_bare` form. */
export function errorText(t: Translate, code: string, details: Details = {}): string {
  const template = t(code, { skipInterpolation: true, defaultValue: "" });
  if (template === "") return t("INTERNAL");
  const names = [...template.matchAll(/\{\{(\w+)\}\}/g)].map((match) => match[1]!);
  const values = Object.fromEntries(names.map((name) => [name, shown(details[name])]));
  return Object.values(values).includes("") ? t(`${code}_bare`) : t(code, values);
}

/** The wire code and details of anything thrown. */
export function failureOf(error: unknown): { code: string; details: Details } {
  if (error instanceof ApiFailure) return { code: error.code, details: error.details };
  return { code: "INTERNAL", details: {} };
}

export function useErrorText(): (code: string, details?: Details) => string {
  const { t } = useTranslation("errors");
  return useCallback((code, details) => errorText(t as Translate, code, details), [t]);
}

function shown(value: unknown): string {
  if (typeof value === "number") return String(value);
  if (typeof value !== "string") return "";
  return /^\d+(\.\d+)?$/.test(value) ? grouped(value) : value;
}
