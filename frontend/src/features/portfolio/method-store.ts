// By which method cost is shown, kept across visits.

import { create } from "zustand";
import { persist } from "zustand/middleware";
import type { Method } from "./cost-method";

interface MethodState {
  method: Method;
  setMethod(method: Method): void;
}

export const useCostMethod = create<MethodState>()(
  persist((set) => ({ method: "average", setMethod: (method) => set({ method }) }), {
    name: "xtrader.cost-method",
    version: 1,
    partialize: ({ method }) => ({ method }),
  }),
);
