// A proof of solvency, verified where its owner sits: the arithmetic of docs/solvency.md by the browser's own SHA-256.

import type { Schemas } from "@/shared/wire/api";

export type Proof = Schemas["SolvencyProof"];
export type Report = Schemas["SolvencyReport"];
type Leaf = Schemas["SolvencyLeaf"];

/** What came of it: proven, or what does not agree. */
export type Verdict = "proven" | "rootDiffers" | "sumsDiffer" | "pathDiffers";

const SUM_LIMIT = 1n << 128n;

/** Whether every balance of the proof is in the sums that `root` binds. `root` comes from elsewhere than the proof.
 * Throws for a proof that is malformed. */
export async function verify({ report, leaves }: Proof, root: string): Promise<Verdict> {
  if ((await rootOf(report)) !== root) return "rootDiffers";
  for (const row of report.assets) {
    const owed = BigInt(row.liabilities_minor) + BigInt(row.fees_minor);
    if (owed !== BigInt(row.custody_minor)) return "sumsDiffer";
  }
  for (const leaf of leaves) {
    const top = report.assets.find(({ asset }) => asset === leaf.asset);
    if (!top || !(await leadsTo(leaf, top.hash, BigInt(top.liabilities_minor)))) return "pathDiffers";
  }
  return "proven";
}

/** The root that a publication's sequence, hashes and sums make. */
export async function rootOf(report: Pick<Report, "sequence" | "assets">): Promise<string> {
  const rows = [...report.assets].sort((left, right) => (left.asset < right.asset ? -1 : 1));
  const parts = rows.flatMap((row) => [
    named(row.asset),
    bytesOf(row.hash),
    numberBytes(BigInt(row.liabilities_minor), 16),
  ]);
  return hexOf(await digest([2], numberBytes(BigInt(report.sequence), 8), ...parts));
}

async function leadsTo(leaf: Leaf, hash: string, sum: bigint): Promise<boolean> {
  let total = BigInt(leaf.amount_minor);
  let index = leaf.index;
  if (index >= 2 ** leaf.path.length) return false;
  const account = numberBytes(BigInt(leaf.account), 8);
  let own = await digest([0], bytesOf(leaf.salt), account, named(leaf.asset), numberBytes(total, 16));
  for (const step of leaf.path) {
    const other = BigInt(step.sum_minor);
    const mine = [own, numberBytes(total, 16)];
    const beside = [bytesOf(step.hash), numberBytes(other, 16)];
    own = await digest([1], ...(index % 2 ? [...beside, ...mine] : [...mine, ...beside]));
    total += other;
    index = Math.floor(index / 2);
  }
  return hexOf(own) === hash && total === sum;
}

async function digest(...parts: readonly (Uint8Array | readonly number[])[]): Promise<Uint8Array> {
  const bytes = Uint8Array.from(parts.flatMap((part) => [...part]));
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
}

/** A number, highest byte first. Throws for one that is negative or needs more bytes. */
function numberBytes(value: bigint, length: number): Uint8Array {
  if (value < 0n || value >= SUM_LIMIT || value >> BigInt(8 * length))
    throw new RangeError("a sum does not fit");
  return bytesOf(value.toString(16).padStart(2 * length, "0"));
}

function named(asset: string): Uint8Array {
  const name = new TextEncoder().encode(asset);
  return Uint8Array.from([name.length, ...name]);
}

function bytesOf(hex: string): Uint8Array {
  if (!/^([0-9a-f]{2})+$/.test(hex)) throw new RangeError("not hex");
  return Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}

function hexOf(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
