// What the exchange says of money in and out, by the names of its schema.

import type { Schemas } from "@/shared/wire/api";

export type Withdrawal = Schemas["Withdrawal"];
export type WholeWithdrawal = Schemas["WholeWithdrawal"];
export type WithdrawalTerms = Schemas["WithdrawalTerms"];
export type AssetTerms = Schemas["AssetTerms"];
export type Address = Schemas["Address"];
export type Deposit = Schemas["Deposit"];
