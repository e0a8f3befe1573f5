import { useMutation } from "@tanstack/react-query";
import { useId, useState } from "react";
import { useTranslation } from "react-i18next";
import { failureOf, useErrorText } from "@/shared/errors";
import { Dialog, DialogActions } from "@/shared/ui/Dialog";
import { answer, api, type Schemas } from "@/shared/wire/api";
import { hasPasskeys, signByPasskey } from "./passkey";
import styles from "./StepUpDialog.module.css";
import { takes, useStepUp } from "./step-up";

type Proof = Schemas["StepUpRequest"];

/** Asks for a proof that it is the user, when something needs one. */
export function StepUpDialog() {
  const { t } = useTranslation("security");
  const asking = useStepUp((state) => state.asking);
  if (asking === null) return null;
  return (
    <Dialog title={t("stepUp.title")} onClose={() => asking.end(false)} testId="step-up">
      <Form ways={asking.ways} end={asking.end} />
    </Dialog>
  );
}

function useProve(onProved: () => void) {
  return useMutation({
    mutationFn: (proof: Proof) => answer(api.POST("/api/v1/step-up", { body: proof })),
    onSuccess: onProved,
  });
}

interface FormProps {
  ways: readonly (readonly string[])[];
  end: (isProved: boolean) => void;
}

function Form({ ways, end }: FormProps) {
  const { t } = useTranslation("security");
  const errorText = useErrorText();
  const [password, setPassword] = useState("");
  const [otp, setOtp] = useState("");
  const prove = useProve(() => end(true));
  const failure = prove.isError ? failureOf(prove.error) : null;
  const needsCode = takes(ways, "otp");
  return (
    <form
      className={styles.form}
      onSubmit={(event) => {
        event.preventDefault();
        prove.mutate({ password, ...(needsCode && { otp: otp.trim() }) });
      }}
    >
      <p className={styles.note}>{t("stepUp.help")}</p>
      {takes(ways, "passkey") && hasPasskeys() && <ByPasskey onProved={() => end(true)} />}
      <Field name="password" value={password} onChange={setPassword} />
      {needsCode && <Field name="otp" value={otp} onChange={setOtp} />}
      <p className={styles.problem} role="alert" data-testid="step-up-problem">
        {failure &&
          (failure.code === "INVALID_CREDENTIALS"
            ? t(needsCode ? "stepUp.wrongEither" : "stepUp.wrongPassword")
            : errorText(failure.code, failure.details))}
      </p>
      <DialogActions>
        <button type="button" className={styles.button} onClick={() => end(false)}>
          {t("cancel")}
        </button>
        <button
          type="submit"
          className={styles.primary}
          disabled={prove.isPending}
          data-testid="step-up-send"
        >
          {t("stepUp.confirm")}
        </button>
      </DialogActions>
    </form>
  );
}

const FIELDS = {
  password: { type: "password", autoComplete: "current-password" },
  otp: { type: "text", autoComplete: "one-time-code", inputMode: "numeric", maxLength: 32 },
} as const;

interface FieldProps {
  name: keyof typeof FIELDS;
  value: string;
  onChange: (value: string) => void;
}

function Field({ name, value, onChange }: FieldProps) {
  const { t } = useTranslation("security");
  const id = useId();
  return (
    <>
      <label htmlFor={id}>{t(`stepUp.${name}`)}</label>
      <input
        id={id}
        className={styles.field}
        required
        value={value}
        onChange={(event) => onChange(event.target.value)}
        data-first-focus={name === "password" ? true : undefined}
        data-testid={`step-up-${name}`}
        {...FIELDS[name]}
      />
    </>
  );
}

function ByPasskey({ onProved }: { onProved: () => void }) {
  const { t } = useTranslation("security");
  const errorText = useErrorText();
  const prove = useMutation({
    mutationFn: async () => {
      const { public_key } = await answer(api.POST("/api/v1/step-up/options"));
      return answer(api.POST("/api/v1/step-up", { body: { passkey: await signByPasskey(public_key) } }));
    },
    onSuccess: onProved,
  });
  return (
    <>
      <button
        type="button"
        className={styles.button}
        disabled={prove.isPending}
        onClick={() => prove.mutate()}
        data-testid="step-up-passkey"
      >
        {t("stepUp.byPasskey")}
      </button>
      <p className={styles.problem} role="alert">
        {prove.isError && errorText(failureOf(prove.error).code)}
      </p>
    </>
  );
}
