// The book's checksum: CRC32 over the top ten asks then bids, price then quantity, each without its
// dot and leading zeros (the Kraken v1 algorithm, as the engine's feed computes it).

import type { Level } from "./types";

const TABLE = Uint32Array.from({ length: 256 }, (_, index) => {
  let value = index;
  for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value;
});

export function crc32(text: string): number {
  let crc = 0xffffffff;
  for (let index = 0; index < text.length; index += 1) {
    crc = (crc >>> 8) ^ TABLE[(crc ^ text.charCodeAt(index)) & 0xff]!;
  }
  return (crc ^ 0xffffffff) >>> 0;
}

export function bookChecksum(asks: readonly Level[], bids: readonly Level[]): number {
  return crc32([...asks.slice(0, 10), ...bids.slice(0, 10)].flat().map(digits).join(""));
}

function digits(number: string): string {
  return number.replace(".", "").replace(/^0+/, "");
}
