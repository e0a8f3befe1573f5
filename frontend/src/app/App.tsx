import { QueryClientProvider } from "@tanstack/react-query";
import { lazy, Suspense, useEffect, useLayoutEffect } from "react";
import { createBrowserRouter, Navigate, RouterProvider } from "react-router";
import { TradePage } from "@/pages/trade/TradePage";
import { type Page, PageContext } from "@/shared/page";
import { paletteOf, useSettings } from "@/shared/settings";
import { followAccount } from "@/shared/wire/account-store";
import { queryClient } from "@/shared/wire/api";
import { socket } from "@/shared/wire/connection";
import { isOwnAccount, useOwnUser, watchUser } from "@/shared/wire/own-user";
import { Failed } from "./Failed";
import { Shell } from "./Shell";

// The trading page comes first; the others load when they are opened.
const MarketsPage = lazy(() => import("@/pages/markets/MarketsPage"));
const PortfolioPage = lazy(() => import("@/pages/portfolio/PortfolioPage"));
const WalletPage = lazy(() => import("@/pages/wallet/WalletPage"));
const ConfirmWithdrawalPage = lazy(() => import("@/pages/wallet/ConfirmWithdrawalPage"));
const ConfirmAddressPage = lazy(() => import("@/pages/wallet/ConfirmAddressPage"));
const KeysPage = lazy(() => import("@/pages/keys/KeysPage"));
const SecurityPage = lazy(() => import("@/pages/security/SecurityPage"));
const AccountPage = lazy(() => import("@/pages/account/AccountPage"));
const SubAccountsPage = lazy(() => import("@/pages/sub-accounts/SubAccountsPage"));

const router = createBrowserRouter([
  {
    element: <Shell />,
    errorElement: <Failed />,
    children: [
      { index: true, element: <FirstSymbol /> },
      { path: "trade/:symbol", element: <TradePage /> },
      { path: "markets", element: <MarketsPage /> },
      { path: "portfolio", element: <PortfolioPage /> },
      { path: "wallet", element: <WalletPage /> },
      { path: "wallet/withdrawals/confirm/:letterKey", element: <ConfirmWithdrawalPage /> },
      { path: "wallet/addresses/confirm/:letterKey", element: <ConfirmAddressPage /> },
      { path: "keys", element: <KeysPage /> },
      { path: "security", element: <SecurityPage /> },
      { path: "account", element: <AccountPage /> },
      { path: "sub-accounts", element: <SubAccountsPage /> },
    ],
  },
]);

export function App({ page }: { page: Page }) {
  useDocumentSettings();
  useEffect(() => runPage(page), [page]);
  return (
    <PageContext value={page}>
      <QueryClientProvider client={queryClient}>
        <Suspense>
          <RouterProvider router={router} />
        </Suspense>
      </QueryClientProvider>
    </PageContext>
  );
}

/** What runs for as long as the page: the connection, the account's feeds, and the watch over whose page it is. */
function runPage(page: Page): () => void {
  const unwatch = watchUser(page);
  socket.start((account) => isOwnAccount(page, account), page.account);
  const unfollow = page.account ? followAccount() : undefined;
  const unsubscribe = useOwnUser.subscribe(({ stopped }) => stopped && socket.stop());
  const unlisten = retryWhenLive();
  return () => {
    unlisten();
    unsubscribe();
    unfollow?.();
    socket.stop();
    unwatch();
  };
}

/** What could not be read while the exchange was away is read when it is back. */
function retryWhenLive(): () => void {
  let wasLive = false;
  return socket.onStatus(() => {
    const isLive = socket.status.state === "live";
    if (isLive && !wasLive)
      void queryClient.refetchQueries({ predicate: ({ state }) => state.status === "error" });
    wasLive = isLive;
  });
}

function FirstSymbol() {
  const lastSymbol = useSettings((settings) => settings.lastSymbol);
  return <Navigate to={`/trade/${lastSymbol ?? "BTC-KRW"}`} replace />;
}

/** Of a phone's address bar; as in public/theme.js. */
const THEME_COLOURS = { dark: "#11151c", light: "#ffffff" } as const;

/** Language, theme and colours live on the root element, where the style sheets look for them. */
function useDocumentSettings(): void {
  const { language, theme, palette } = useSettings();
  useLayoutEffect(() => {
    const root = document.documentElement;
    root.lang = language;
    root.dataset.theme = theme;
    root.dataset.palette = paletteOf(palette, language);
    document
      .querySelector<HTMLMetaElement>('meta[name="theme-color"]')
      ?.setAttribute("content", THEME_COLOURS[theme]);
  }, [language, theme, palette]);
}
