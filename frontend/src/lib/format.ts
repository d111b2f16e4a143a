// How times, numbers and people are written, everywhere the same.
export const number = (value: number): string => value.toLocaleString("en");
export const compact = (value: number): string => value < 10_000 ? number(value) : new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 }).format(value);
export const plural = (count: number, one: string, many = `${one}s`): string => `${number(count)} ${count === 1 ? one : many}`;

export function percent(part: number, whole: number): string {
  if (!whole) return "0 %";
  const share = (part / whole) * 100;
  return `${share > 0 && share < 0.1 ? "< 0.1" : share.toFixed(share < 10 ? 1 : 0)} %`;
}

/** Milliseconds as a person says them. */
export function duration(ms: number | null | undefined): string {
  if (ms === null || ms === undefined) return "–";
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`;
  if (ms < 3_600_000) return `${Math.round(ms / 60_000)} min`;
  return `${(ms / 3_600_000).toFixed(1)} h`;
}

export const rate = (perSecond: number): string => perSecond === 0 ? "idle" : perSecond < 1 ? `${Math.max(1, Math.round(perSecond * 60))}/min` : `${perSecond < 10 ? perSecond.toFixed(1) : Math.round(perSecond)}/s`;

/** Today: the time; another day: the day too. */
export function moment(at: string, now = new Date()): string {
  const then = new Date(at);
  const clock = then.toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });
  return then.toDateString() === now.toDateString() ? clock : `${then.toLocaleDateString("en-GB", { day: "numeric", month: "short" })} ${clock.slice(0, 5)}`;
}

export function ago(at: string, now = Date.now()): string {
  const seconds = Math.round((now - Date.parse(at)) / 1000);
  if (seconds < 5) return "just now";
  const [many, unit] = seconds < 60 ? [seconds, "s"] : seconds < 3600 ? [Math.floor(seconds / 60), "min"] : seconds < 86_400 ? [Math.floor(seconds / 3600), "h"] : [Math.floor(seconds / 86_400), "d"];
  return `${many} ${unit} ago`;
}

/** "user:ada" → "ada". */
export const person = (text: string | null | undefined): string => (text ?? "").replace(/^(user|email|anon):/, "") || "–";
export const bytes = (size: number): string => size < 1024 ? `${size} B` : size < 1 << 20 ? `${(size / 1024).toFixed(1)} KB` : size < 1 << 30 ? `${(size / (1 << 20)).toFixed(1)} MB` : `${(size / (1 << 30)).toFixed(1)} GB`;
export const pretty = (text: string): string => { try { return JSON.stringify(JSON.parse(text), null, 2); } catch { return text; } };
