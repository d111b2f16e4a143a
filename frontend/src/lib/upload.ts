// A file for an import: its header read here, then sent in parts that may be repeated.
import type { Property } from "./engine";
import { api, Problem } from "./http";

const PART = 2 << 20;
const HEAD = 65_536;

/** The names of the columns: the first line, quotes understood. */
export async function header(file: Blob): Promise<string[]> {
  const text = (await file.slice(0, HEAD).text()).replace(/^﻿/, "");
  const found: string[] = [];
  let cell = "", quoted = false;
  for (let i = 0; i < text.length; i++) {
    const sign = text[i]!;
    if (quoted) { if (sign !== '"') cell += sign; else if (text[i + 1] === '"') { cell += '"'; i++; } else quoted = false; }
    else if (sign === '"') quoted = true;
    else if (sign === ",") { found.push(cell); cell = ""; }
    else if (sign === "\n" || sign === "\r") break;
    else cell += sign;
  }
  return [...found, cell].filter((c) => c.trim());
}

const plain = (name: string) => name.toLowerCase().replace(/[\s_.-]/g, "").replace(/^mail$|^emailaddress$/, "email");

/** The property that a column's name means, when it is plain. */
export function suggested(columns: string[], properties: Property[]): Record<string, string> {
  const taken = new Set<string>();
  return Object.fromEntries(columns.map((c) => {
    const found = properties.find((p) => !taken.has(p.key) && (plain(p.key) === plain(c) || plain(p.label) === plain(c)));
    if (found) taken.add(found.key);
    return [c, found?.key ?? ""];
  }));
}

export async function send(id: string, file: Blob, told: (bytes: number) => void): Promise<void> {
  for (let at = 0; at < file.size || at === 0; at += PART) {
    const response = await fetch(`${api}/engine/imports/${id}/part?offset=${at}`, { method: "PUT", credentials: "same-origin", headers: { "Content-Type": "application/octet-stream" }, body: file.slice(at, at + PART) });
    if (!response.ok) throw new Problem(response.status, (await response.json().catch(() => null))?.detail ?? "The file could not be sent. Try again.");
    told(Math.min(file.size, at + PART));
  }
}
