// Whose page this is. Cookies belong to the browser: once another tab logs in as another user, everything this
// page would ask for is that user's. Then it stops: no connection, no call, until it is loaded again.

import { create } from "zustand";
import type { Page } from "@/shared/page";

/** `otherUser`: somebody else is logged in now; `loggedOut`: nobody is. */
type Stop = "otherUser" | "loggedOut";

export const useOwnUser = create<{ stopped: Stop | null }>(() => ({ stopped: null }));

export function isStopped(): boolean {
  return useOwnUser.getState().stopped !== null;
}

function stop(why: Stop): void {
  if (!isStopped()) useOwnUser.setState({ stopped: why });
}

/** Whether a connection is of the page's own account; else the page stops. A visitor's page shows nobody's. */
export function isOwnAccount(page: Page, account: string | null): boolean {
  if (page.username === "" || (account ?? "") === page.account) return !isStopped();
  stop(account === null ? "loggedOut" : "otherUser");
  return false;
}

/** The exchange knows no such account of the one who is logged in. */
export const NOT_OWN = "ACCOUNT_NOT_FOUND";

let account = "";

/** From now on calls of the REST API say that they are for this account. */
export function actFor(page: Page): void {
  account = page.account;
}

/** The number of the account that calls are for; empty where there is none. */
export function actingFor(): string {
  return account;
}

const KEY = "xtrader.user";

/** Let the other tabs know who is logged in, and stop when one of them lets us know of somebody else. Returns what
 * ends it. */
export function watchUser({ username }: Page): () => void {
  try {
    localStorage.setItem(KEY, username);
  } catch {
    // A browser without storage: the account of the connection is compared all the same.
  }
  if (username === "") return () => undefined;
  const compare = () => {
    const now = storedUser();
    if (now !== null && now !== username) stop(now === "" ? "loggedOut" : "otherUser");
  };
  const onStorage = (event: StorageEvent) => event.key === KEY && compare();
  window.addEventListener("storage", onStorage);
  // A page that was put aside has missed what happened.
  window.addEventListener("pageshow", compare);
  document.addEventListener("visibilitychange", compare);
  return () => {
    window.removeEventListener("storage", onStorage);
    window.removeEventListener("pageshow", compare);
    document.removeEventListener("visibilitychange", compare);
  };
}

function storedUser(): string | null {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null;
  }
}
