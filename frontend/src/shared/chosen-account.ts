// Which of the user's accounts this tab is for. Kept in the tab: another tab has its own, and a tab that shows one
// account never asks for another. To choose is to load the page again, so that nothing of the account before stays.

const KEY = "xtrader.account";

/** The number of the account that this tab chose, else of the main one. A choice holds for the user who made it, and
 * for accounts that there are. */
export function chosenAccount(mainAccount: string, accounts: readonly { account: string }[]): string {
  try {
    const [main, chosen] = (sessionStorage.getItem(KEY) ?? "").split(" ");
    const isOwn = main === mainAccount && accounts.some(({ account }) => account === chosen);
    return isOwn && chosen !== undefined ? chosen : mainAccount;
  } catch {
    // A browser without storage.
    return mainAccount;
  }
}

/** From the next loading on the tab is for another account. */
export function chooseAccount(mainAccount: string, account: string): void {
  sessionStorage.setItem(KEY, `${mainAccount} ${account}`);
}
