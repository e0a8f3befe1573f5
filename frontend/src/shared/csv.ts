// Tables as CSV files that spreadsheets open as they are.

type Cell = string | number | null;

/** Text of a CSV file: a header line, CRLF, quotes where needed, and the mark by which Excel knows UTF-8. */
export function csvText(header: readonly string[], rows: readonly (readonly Cell[])[]): string {
  return `\uFEFF${[header, ...rows].map((row) => row.map(csvCell).join(",")).join("\r\n")}\r\n`;
}

function csvCell(cell: Cell): string {
  const text = cell === null ? "" : String(cell);
  // A formula is never ours: what looks like one is marked as text. Negative numbers stay numbers.
  const safe = /^[=+@\t\r]|^-(?![\d.])/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** Hand the browser a file to save. */
export function saveFile(name: string, text: string, type = "text/csv"): void {
  const address = URL.createObjectURL(new Blob([text], { type: `${type};charset=utf-8` }));
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  // The download has begun once the click is over; the address may go after that.
  setTimeout(() => URL.revokeObjectURL(address), 1_000);
}

/** "2026-11-22 14:03:11.250", UTC: the same in every spreadsheet, wherever it is opened. */
export function csvTime(at: number): string {
  return new Date(at).toISOString().slice(0, 23).replace("T", " ");
}
