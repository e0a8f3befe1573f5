// What is shown of terms and withdrawals, as markup, in both languages.

import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { createElement, type FunctionComponent } from "react";
import { renderToStaticMarkup } from "react-dom/server";
import { describe, expect, it, vi } from "vitest";
import type { Withdrawal, WithdrawalTerms } from "./wire";

vi.hoisted(() => {
  vi.stubGlobal("location", { protocol: "http:", host: "localhost" });
  vi.stubGlobal("navigator", { language: "en" });
});

const { useSettings } = await import("@/shared/settings");
await import("@/shared/i18n");
const { Limits } = await import("./Limits");
const { Told } = await import("./Told");
const { WhatNext } = await import("./WhatNext");

const TERMS: WithdrawalTerms = {
  level: 2,
  limits: {
    currency: "KRW",
    day: { limit: "50000000", used: "12500000", left: "37500000" },
    month: { limit: "500000000", used: "500000000", left: "0" },
  },
  book_only: false,
  book_only_ends_at: null,
  address_delay_s: 86_400,
  review_above: "10000000",
  confirms_by_letter: true,
  assets: [
    {
      asset: "BTC",
      open: true,
      fee: "0.0002",
      minimum: "0.001",
      has_tag: false,
      address_pattern: null,
      provider_is_manual: true,
      deposits_open: true,
    },
  ],
};

function shown<Props extends object>(component: FunctionComponent<Props>, props: Props): string {
  const client = new QueryClient();
  client.setQueryData(["custody", "terms"], TERMS);
  return renderToStaticMarkup(
    createElement(QueryClientProvider, { client }, createElement(component, props)),
  );
}

function withdrawal(changed: Partial<Withdrawal>): Withdrawal {
  return {
    asset: "BTC",
    amount: "0.50000000",
    confirm_by: 1_800_000_000_000,
    end: null,
    end_reason: null,
    refusal_code: null,
    ...changed,
  } as Withdrawal;
}

describe.each(["en", "ko"] as const)("in %s", (language) => {
  it("a limit is a bar that is read out, with what is left in figures", () => {
    useSettings.setState({ language });
    const html = shown(Limits, { terms: TERMS });
    expect(html).toContain('role="meter"');
    expect(html).toContain('aria-valuenow="25"');
    expect(html).toContain('aria-valuenow="100"');
    expect(html).toContain("37,500,000");
    expect(html).not.toContain("{{");
  });

  it("what happens next follows the terms", () => {
    useSettings.setState({ language });
    const asset = TERMS.assets[0]!;
    const next = (changed: Partial<WithdrawalTerms>, isManual = true) =>
      shown(WhatNext, {
        terms: { ...TERMS, ...changed },
        asset: { ...asset, provider_is_manual: isManual },
      });
    expect(next({})).toContain("10,000,000 KRW");
    expect(next({})).not.toContain("{{");
    expect(next({ confirms_by_letter: false })).not.toBe(next({}));
    expect(next({}, false)).not.toBe(next({}));
  });

  it("an end gives its reason, and only where there is one", () => {
    useSettings.setState({ language });
    const told = (changed: Partial<Withdrawal>) => shown(Told, { withdrawal: withdrawal(changed) });
    expect(told({ state: "ended", end: "declined", end_reason: "wrong name" })).toContain("wrong name");
    expect(told({ state: "ended", end: "declined" })).not.toMatch(/null|\{\{|: \./);
    expect(told({ state: "paid" })).toContain("0.5 BTC");
    expect(told({ state: "refused", refusal_code: "ACCOUNT_FROZEN" })).not.toMatch(/ACCOUNT_FROZEN|\{\{/);
    expect(told({ state: "sent" })).not.toBe(told({ state: "sending" }));
  });
});
