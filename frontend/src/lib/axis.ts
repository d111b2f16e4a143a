// Where a chart's lines and words stand: round steps of numbers and of time. Pure.

/** At most about four steps from 0 to over `most`; `whole`: of things that are counted. */
export function scale(most: number, whole: boolean): number[] {
  const least = Math.max(most, whole ? 1 : 0) / 4 || 1;
  const ten = 10 ** Math.floor(Math.log10(least));
  const step = Math.max(whole ? 1 : 0, ten * [1, 2, 5, 10].find((n) => n * ten >= least)!);
  return Array.from({ length: Math.ceil((most || 1) / step - 1e-9) + 1 }, (_, i) => i * step);
}

const MINUTES = [10, 20, 30, 60, 120, 180, 360, 720, 1440, 2880, 7200];
const local = (at: number): number => at - new Date(at * 1000).getTimezoneOffset() * 60;

/** Which of `times` (s) get a word below them so that `fit` stand beside each other, and the words: hours, or days. */
export function words(times: number[], fit: number): [at: number, text: string][] {
  const span = (times.at(-1)! - times[0]!) / 60;
  const step = 60 * (MINUTES.find((m) => span / m <= fit) ?? MINUTES.at(-1)!);
  const text = (at: Date) => step >= 86_400 ? at.toLocaleDateString("en-GB", { day: "numeric", month: "short" }) : at.toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });
  return times.flatMap((t, i): [number, string][] => (local(t) % step ? [] : [[i, text(new Date(t * 1000))]]));
}

/** Each row on top of the ones before: where it begins and ends. */
export function stacked(rows: (number | null)[][]): [from: number, to: number][][] {
  const sum: number[] = [];
  return rows.map((row) => row.map((v, i) => { const from = sum[i] ?? 0; sum[i] = from + (v ?? 0); return [from, sum[i]!]; }));
}
