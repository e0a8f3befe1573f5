import { useQuery } from "@tanstack/react-query";
import { answer, api } from "@/shared/wire/api";

/** Rates, tier and schedule of the account that is logged in. */
export function useOwnFees() {
  return useQuery({ queryKey: ["fees"], queryFn: () => answer(api.GET("/v1/fees")) });
}
