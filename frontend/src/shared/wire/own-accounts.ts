// The user's accounts: as the page was made, and as the exchange has given them since.

import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { chooseAccount } from "@/shared/chosen-account";
import { type NamedAccount, type Page, usePage } from "@/shared/page";
import { answer, api, queryClient, type Schemas } from "./api";

export type OwnAccount = Schemas["OwnAccount"];

const ACCOUNTS = ["accounts"];

/** Every account with its state; null until the exchange answers. */
export function useOwnAccounts() {
  return useQuery({ queryKey: ACCOUNTS, queryFn: () => answer(api.GET("/v1/accounts")), staleTime: 0 });
}

/** Numbers and names, without asking for them. */
export function useNamedAccounts(): readonly NamedAccount[] {
  const { accounts } = usePage();
  const { data } = useQuery<Schemas["OwnAccounts"]>({ queryKey: ACCOUNTS, enabled: false });
  return data?.accounts ?? accounts;
}

/** What people call an account. */
export function useAccountName(): (account: NamedAccount) => string {
  const { t } = useTranslation();
  return ({ name }) => (name === "main" ? t("mainAccount") : name);
}

/** Read the accounts again. */
export function renewAccounts(): Promise<void> {
  return queryClient.invalidateQueries({ queryKey: ACCOUNTS });
}

/** Load this tab again for another account. */
export function switchAccount({ mainAccount }: Page, account: string): void {
  chooseAccount(mainAccount, account);
  location.reload();
}
