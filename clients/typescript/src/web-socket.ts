// The WebSocket of the platform: browsers and Node 22 have one; for Node 20 install the package "ws".

/** What the client uses of a WebSocket. */
export interface PlainSocket {
  readonly readyState: number;
  onopen: ((event: never) => void) | null;
  onmessage: ((event: never) => void) | null;
  onclose: ((event: never) => void) | null;
  onerror: ((event: never) => void) | null;
  send(text: string): void;
  close(code?: number): void;
}

export type PlainSocketClass = new (url: string) => PlainSocket;

/** The given class, the platform's, or that of "ws". Throws Error where there is none. */
export async function webSocketClass(given?: PlainSocketClass): Promise<PlainSocketClass> {
  if (given) return given;
  const own = (globalThis as { WebSocket?: PlainSocketClass }).WebSocket;
  if (own) return own;
  // Bundlers for browsers must not look for it.
  const name = "ws";
  try {
    return (
      (await import(/* @vite-ignore */ /* webpackIgnore: true */ name)) as { default: PlainSocketClass }
    ).default;
  } catch {
    throw new Error('this platform has no WebSocket: use Node 22, or install the package "ws"');
  }
}
