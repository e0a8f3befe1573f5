import { QueryClientProvider } from "@tanstack/react-query";
import { lazy, Suspense, useEffect, useLayoutEffect } from "react";
import { createBrowserRouter, Navigate, RouterProvider } from "react-router";
import { paletteOf, useSettings } from "@/shared/settings/settings";
import { queryClient } from "@/shared/wire/api";
import { followAccount } from "@/shared/wire/account";
import { socket } from "@/shared/wire/store";
import { TradePage } from "@/pages/trade/TradePage";
import { Failed } from "./Failed";
import type { Page } from "./page";
import { PageContext } from "./page";
import { Shell } from "./Shell";

// The trading page is the first thing anybody sees; the others load when they are asked for.
const MarketsPage = lazy(() => import("@/pages/markets/MarketsPage"));
const PortfolioPage = lazy(() => import("@/pages/portfolio/PortfolioPage"));
const WalletPage = lazy(() => import("@/pages/wallet/WalletPage"));
const AccountPage = lazy(() => import("@/pages/account/AccountPage"));

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
      { path: "account", element: <AccountPage /> },
    ],
  },
]);

export function App({ page }: { page: Page }) {
  useDocumentSettings();
  useEffect(() => {
    socket.start();
    const stop = page.username ? followAccount() : undefined;
    return () => {
      stop?.();
      socket.stop();
    };
  }, [page.username]);
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
    document.querySelector<HTMLMetaElement>('meta[name="theme-color"]')?.setAttribute("content", THEME_COLOURS[theme]);
  }, [language, theme, palette]);
}
