import { Outlet } from "react-router";
import { AccountToasts } from "@/features/account-tabs/AccountToasts";
import { usePage } from "@/shared/page";
import { StepUpDialog } from "@/shared/step-up/StepUpDialog";
import { Toasts } from "@/shared/ui/Toasts";
import { useSymbolFeed } from "@/shared/wire/symbols";
import { useCancelAfter } from "@/shared/wire/use-cancel-after";
import styles from "./App.module.css";
import { Header } from "./Header";
import { StoppedDialog } from "./StoppedDialog";

/** What every page has: the header above, the page below, a toast when something happened. */
export function Shell() {
  const { username } = usePage();
  useSymbolFeed();
  useCancelAfter(username !== "");
  return (
    <div className={styles.shell}>
      <Header />
      <Outlet />
      {username && <AccountToasts />}
      <Toasts />
      <StepUpDialog />
      <StoppedDialog />
    </div>
  );
}
