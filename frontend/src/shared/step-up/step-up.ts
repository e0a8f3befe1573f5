// Acts that need a recent proof that it is the user: what is refused for it is asked for in a dialog, and then done
// again.

import { create } from "zustand";
import { ApiFailure } from "@/shared/wire/api";

/** Fields that prove it together. */
type Way = readonly string[];

interface Asking {
  ways: readonly Way[];
  /** Called once: whether it was proved. */
  end: (isProved: boolean) => void;
}

/** The question on show. */
export const useStepUp = create<{ asking: Asking | null }>(() => ({ asking: null }));

/** Do something, and if it needs a proof do it again after it. Throws what the act throws; the refusal, if no proof
 * was given. */
export async function withProof<T>(act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    if (!(error instanceof ApiFailure) || error.code !== "STEP_UP_REQUIRED") throw error;
    if (!(await askForProof(waysOf(error)))) throw error;
    return await act();
  }
}

function askForProof(ways: readonly Way[]): Promise<boolean> {
  useStepUp.getState().asking?.end(false);
  return new Promise((resolve) => {
    const end = (isProved: boolean) => {
      useStepUp.setState({ asking: null });
      resolve(isProved);
    };
    useStepUp.setState({ asking: { ways, end } });
  });
}

function waysOf({ details }: ApiFailure): readonly Way[] {
  return Array.isArray(details.ways) ? (details.ways as Way[]) : [["password"]];
}

/** Whether some way takes a field. */
export function takes(ways: readonly Way[], field: string): boolean {
  return ways.some((way) => way.includes(field));
}
