import { useCallback, useEffect, useState } from "react";

function fromAddress(): string {
  return new URLSearchParams(location.search).get("symbol") ?? "";
}

/** The symbol on show, kept in the address so that a link or a reload shows the same. */
export function useSelectedSymbol(symbols: readonly string[]): [string | undefined, (symbol: string) => void] {
  const [wanted, setWanted] = useState(fromAddress);
  useEffect(() => {
    const onBack = () => setWanted(fromAddress());
    addEventListener("popstate", onBack);
    return () => removeEventListener("popstate", onBack);
  }, []);
  const select = useCallback((symbol: string) => {
    setWanted(symbol);
    history.pushState(null, "", `?symbol=${encodeURIComponent(symbol)}`);
  }, []);
  return [symbols.includes(wanted) ? wanted : symbols[0], select];
}
