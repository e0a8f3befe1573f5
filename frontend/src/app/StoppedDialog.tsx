import { useTranslation } from "react-i18next";
import { usePage } from "@/shared/page";
import buttons from "@/shared/ui/Button.module.css";
import { Dialog, DialogActions } from "@/shared/ui/Dialog";
import { useOwnUser } from "@/shared/wire/own-user";

/** Over a page whose user is not the one who is logged in: it can only be loaded again. */
export function StoppedDialog() {
  const { t } = useTranslation();
  const { username } = usePage();
  const stopped = useOwnUser((own) => own.stopped);
  if (stopped === null) return null;
  const reload = () => location.reload();
  return (
    <Dialog title={t(`stopped.${stopped}`)} onClose={reload} testId="stopped">
      <p>{t(`stopped.${stopped}Text`, { username })}</p>
      <DialogActions>
        <button type="button" className={buttons.primary} data-first-focus onClick={reload}>
          {t("stopped.reload")}
        </button>
      </DialogActions>
    </Dialog>
  );
}
