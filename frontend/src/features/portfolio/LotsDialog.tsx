import { useTranslation } from "react-i18next";
import { useAssetDecimals } from "@/shared/market/assets";
import { grouped } from "@/shared/numbers";
import { Amount } from "@/shared/ui/Amount";
import buttons from "@/shared/ui/Button.module.css";
import { Dialog, DialogActions } from "@/shared/ui/Dialog";
import { Time } from "@/shared/ui/Time";
import styles from "./LotsDialog.module.css";
import type { Holding } from "./revalue";

interface LotsDialogProps {
  holding: Holding;
  currency: string;
  onClose: () => void;
}

/** The lots of a holding, in the order in which they will be sold. */
export function LotsDialog({ holding, currency, onClose }: LotsDialogProps) {
  const { t } = useTranslation("portfolio");
  const decimals = useAssetDecimals();
  const { asset, tax_lots: lots, tax_lot_count } = holding;
  return (
    <Dialog title={t("lotsOf", { asset })} onClose={onClose} testId="lots-dialog">
      <div className={styles.lots}>
        <table>
          <thead>
            <tr>
              <th scope="col">{t("acquired")}</th>
              <th scope="col">{t("quantity")}</th>
              <th scope="col">
                {t("cost")} ({currency})
              </th>
            </tr>
          </thead>
          <tbody>
            {lots.map((lot, index) => (
              // Lots have no names: their order is theirs.
              // biome-ignore lint/suspicious/noArrayIndexKey: see above
              <tr key={index}>
                <td>
                  <Time at={lot.acquired_at} />
                </td>
                <td>
                  <Amount text={lot.quantity} decimals={decimals(asset)} />
                </td>
                <td>
                  <Amount text={lot.cost} decimals={decimals(currency)} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
        {tax_lot_count > lots.length && (
          <p>{t("moreLots", { lots: grouped(String(tax_lot_count - lots.length)) })}</p>
        )}
      </div>
      <DialogActions>
        <button type="button" className={buttons.button} data-first-focus onClick={onClose}>
          {t("close")}
        </button>
      </DialogActions>
    </Dialog>
  );
}
