// What the Django template tells the page beside the markup.

import { createContext, useContext } from "react";

export interface Page {
  /** The name of whoever is logged in; empty for visitors. */
  username: string;
  /** The number of the trading account; empty for visitors and for operators, who have none. */
  account: string;
  isStaff: boolean;
  /** A demo exchange: deposits are free. */
  isDemo: boolean;
  csrfToken: string;
}

const VISITOR: Page = { username: "", account: "", isStaff: false, isDemo: false, csrfToken: "" };

export function readPage(): Page {
  const element = document.getElementById("page");
  return element?.textContent ? { ...VISITOR, ...(JSON.parse(element.textContent) as Partial<Page>) } : VISITOR;
}

export const PageContext = createContext<Page>(VISITOR);

export function usePage(): Page {
  return useContext(PageContext);
}
