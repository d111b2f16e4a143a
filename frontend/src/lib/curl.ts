// An attempt as a curl line, with the key left for a person to fill in.
import type { Attempt } from "./types";

const quoted = (text: string): string => `'${text.replace(/'/g, `'\\''`)}'`;

export function curl(attempt: Attempt): string {
  const headers = Object.entries(attempt.headers).map(([name, value]) => `  -H ${quoted(`${name}: ${value}`)}`);
  const body = attempt.body === null || attempt.body === undefined ? [] : [`  -d ${quoted(typeof attempt.body === "string" ? attempt.body : JSON.stringify(attempt.body))}`];
  return [`curl -X ${attempt.method} ${quoted(attempt.url)}`, ...headers, ...body].join(" \\\n");
}
