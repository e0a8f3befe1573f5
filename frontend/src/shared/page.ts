// The data of the Django template beside the markup.

import { createContext, useContext } from "react";
import { chosenAccount } from "./chosen-account";

/** As the exchange names them: `accounts/identity/roles.py`. */
export type Role =
  | "trader"
  | "market maker"
  | "support"
  | "operator"
  | "compliance"
  | "auditor"
  | "administrator";

export interface Page {
  /** The name of the user who is logged in; empty for visitors. */
  username: string;
  /** The number of the account that this tab is for; empty for visitors and for operators, who have none. */
  account: string;
  /** The number of the user's main account, which a tab is for unless it chose another. */
  mainAccount: string;
  /** All of the user's, as the page was made. */
  accounts: readonly NamedAccount[];
  /** Of the user; empty for visitors. */
  role: Role | "";
  /** What the role may do with an account: `read`, `trade`, `transfer`, `withdraw`. */
  scopes: readonly string[];
  isStaff: boolean;
  /** A demo exchange: deposits are free. */
  isDemo: boolean;
  /** Whether visitors may sign up, be it by invitation. */
  maySignUp: boolean;
  csrfToken: string;
}

export interface NamedAccount {
  account: string;
  /** `main` of the main one. */
  name: string;
}

export const VISITOR: Page = {
  username: "",
  account: "",
  mainAccount: "",
  accounts: [],
  role: "",
  scopes: [],
  isStaff: false,
  isDemo: false,
  maySignUp: false,
  csrfToken: "",
};

export function readPage(): Page {
  const element = document.getElementById("page");
  if (!element?.textContent) return VISITOR;
  const made = { ...VISITOR, ...(JSON.parse(element.textContent) as Partial<Page>) };
  return { ...made, mainAccount: made.account, account: chosenAccount(made.account, made.accounts) };
}

export const PageContext = createContext<Page>(VISITOR);

export function usePage(): Page {
  return useContext(PageContext);
}

/** Whether the order form is for this user: visitors see it, and users whose role trades. */
export function useMayTrade(): boolean {
  const { username, scopes } = usePage();
  return username === "" || scopes.includes("trade");
}
