import i18next from "i18next";
import { errorText, failureOf } from "@/shared/errors";
import { showToast } from "./toast-store";

/** A toast with the reason why something failed, by default one for each reason. */
export function showFailure(title: string, error: unknown, key?: string): void {
  const { code, details } = failureOf(error);
  const t = i18next.getFixedT(null, "errors") as Parameters<typeof errorText>[0];
  showToast({ key: key ?? `refused ${code}`, tone: "bad", title, text: errorText(t, code, details) });
}
