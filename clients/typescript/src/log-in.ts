// Access tokens: by name and password once, then by refresh tokens.

import { ConnectionLost, errorOf } from "./errors.js";
import type { components } from "./schema.js";

type Tokens = components["schemas"]["Tokens"];

/** Who logs in. `otp`: the code of a second factor, or what asks for one; a code counts once. */
export interface Credentials {
  username: string;
  password: string;
  otp?: string | (() => string | Promise<string>);
}

/** A token is renewed this long before it ends. */
const RENEW_BEFORE_MS = 60_000;

export class LogIn {
  private tokens: Tokens | null = null;
  private renewAt = 0;
  private asking: Promise<string> | null = null;

  constructor(
    private readonly url: string,
    private readonly credentials: Credentials,
  ) {}

  /** An access token that holds for a while. Throws ApiError, ConnectionLost. */
  token(): Promise<string> {
    if (this.tokens && performance.now() < this.renewAt) return Promise.resolve(this.tokens.access);
    this.asking ??= this.ask().finally(() => {
      this.asking = null;
    });
    return this.asking;
  }

  /** The token was refused: the next one comes by name and password. */
  forget(): void {
    this.tokens = null;
  }

  /** End the log-in at the exchange: its tokens and connections. */
  async revoke(): Promise<void> {
    const tokens = this.tokens;
    this.tokens = null;
    if (tokens) await this.post("/api/v1/token/revoke", { refresh: tokens.refresh });
  }

  private async ask(): Promise<string> {
    const tokens = (await this.refreshed()) ?? (await this.logIn());
    this.tokens = tokens;
    this.renewAt = performance.now() + Math.max(tokens.expires_in * 1000 - RENEW_BEFORE_MS, 0);
    return tokens.access;
  }

  private async refreshed(): Promise<Tokens | null> {
    if (!this.tokens) return null;
    try {
      return await this.post<Tokens>("/api/v1/token/refresh", { refresh: this.tokens.refresh });
    } catch (error) {
      if (error instanceof ConnectionLost) throw error;
      this.tokens = null;
      return null;
    }
  }

  private async logIn(): Promise<Tokens> {
    const { username, password, otp } = this.credentials;
    const code = typeof otp === "function" ? await otp() : otp;
    return this.post<Tokens>("/api/v1/token", {
      username,
      password,
      ...(code !== undefined && { otp: code }),
    });
  }

  private async post<T>(path: string, body: unknown): Promise<T> {
    const init = {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
    };
    const response = await fetch(this.url + path, init).catch((error: unknown) => {
      throw new ConnectionLost(`cannot reach ${this.url}: ${String(error)}`);
    });
    const answer: unknown = await response.json().catch(() => null);
    if (!response.ok) throw errorOf(answer, response.status, response.headers.get("Retry-After"));
    return answer as T;
  }
}
