import { useTranslation } from "react-i18next";
import { useErrorText } from "@/shared/errors";
import { useMoment } from "@/shared/moment";
import { grouped, trimZeros } from "@/shared/numbers";
import { useTerms } from "./custody";
import { sentencesOf } from "./telling";
import type { Withdrawal } from "./wire";

/** What has become of a withdrawal, in sentences. */
export function Told({ withdrawal }: { withdrawal: Withdrawal }) {
  const { t } = useTranslation("custody");
  const errorText = useErrorText();
  const moment = useMoment();
  const { data: terms } = useTerms();
  const { asset, amount, confirm_by, end_reason, refusal_code } = withdrawal;
  const isManual = terms?.assets.find((each) => each.asset === asset)?.provider_is_manual ?? false;
  const values = {
    asset,
    amount: grouped(trimZeros(amount)),
    until: confirm_by === null ? "" : moment(confirm_by),
    reason: end_reason ?? "",
    why: refusal_code ? errorText(refusal_code) : "",
  };
  return (
    <>
      {sentencesOf(withdrawal, isManual)
        .map((key) => t(key, values))
        .join(" ")}
    </>
  );
}
