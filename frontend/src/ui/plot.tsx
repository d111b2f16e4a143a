// uPlot behind the Chart: stacked bars and lines in the tokens' colours, redrawn when theme or width change.
import { useEffect, useRef, useState } from "react";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { compact } from "../lib/format";
import type { ChartProps } from "./chart";

const colour = (name: string): string => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
const FONT = '11.5px "Geist", system-ui, sans-serif';

export default function Plot({ times, series, kind, unit = compact, height = 210 }: ChartProps) {
  const box = useRef<HTMLDivElement>(null);
  const tip = useRef<HTMLDivElement>(null);
  const [theme, setTheme] = useState(0);
  useEffect(() => { const redraw = () => setTheme((n) => n + 1); addEventListener("headrace-theme", redraw); return () => removeEventListener("headrace-theme", redraw); }, []);
  useEffect(() => {
    const place = box.current;
    if (!place || !times.length) return;
    const values = kind === "stack" ? stacked(series.map((s) => s.values)) : series.map((s) => s.values);
    const order = series.map((_, i) => i);
    if (kind === "stack") order.reverse(); // the tallest is drawn first, the lower ones over it
    const axis = { stroke: colour("soft"), font: FONT, grid: { stroke: colour("line"), width: 1 }, ticks: { show: false } };
    const told = (plot: uPlot) => { if (tip.current) describe(tip.current, plot, times, series, unit); };
    const plot = new uPlot({
      width: place.clientWidth, height, padding: [8, 8, 0, 0], legend: { show: false },
      cursor: { y: false, points: { show: kind === "line" }, drag: { x: false, y: false } },
      scales: { x: { time: true }, y: { range: (_u, _min, max) => [0, Math.max(1, max * 1.12)] } },
      axes: [{ ...axis, grid: { show: false }, space: 70, values: (_u, splits, _a, _f, step) => splits.map((s) => clock(s, step)) }, { ...axis, size: 52, space: 38, values: (_u, splits) => splits.map((s) => Number.isInteger(s) || kind === "line" ? unit(s) : "") }],
      series: [{}, ...order.map((i) => look(colour(series[i]!.tone), kind))],
      hooks: { setCursor: [told] },
    }, [times, ...order.map((i) => values[i]!)] as uPlot.AlignedData, place);
    const watch = new ResizeObserver(() => plot.setSize({ width: place.clientWidth, height }));
    watch.observe(place);
    return () => { watch.disconnect(); plot.destroy(); };
  }, [times, series, kind, unit, height, theme]);
  return <div className="relative"><div ref={box} /><div ref={tip} hidden className="card !shadow-[var(--float)] absolute top-1 px-3 py-2 text-xs pointer-events-none z-10 whitespace-pre tabular-nums" /></div>;
}

function look(tint: string, kind: "stack" | "line"): uPlot.Series {
  if (kind === "line") return { stroke: tint, width: 1.8, points: { show: false }, spanGaps: true };
  return { fill: tint, stroke: tint, width: 0, points: { show: false }, paths: uPlot.paths.bars!({ size: [0.78, 26], radius: 0.12 }) };
}

/** Each on top of the ones before. */
function stacked(rows: (number | null)[][]): number[][] {
  const sum = rows[0]?.map(() => 0) ?? [];
  return rows.map((row) => row.map((v, i) => (sum[i] = (sum[i] ?? 0) + (v ?? 0))));
}

function clock(at: number, step: number): string {
  const then = new Date(at * 1000);
  return step >= 86_400 ? then.toLocaleDateString("en-GB", { day: "numeric", month: "short" }) : then.toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });
}

function describe(tip: HTMLDivElement, plot: uPlot, times: number[], series: ChartProps["series"], unit: (v: number) => string): void {
  const at = plot.cursor.idx;
  tip.hidden = at === null || at === undefined || (plot.cursor.left ?? -1) < 0;
  if (tip.hidden || at === null || at === undefined) return;
  const when = new Date(times[at]! * 1000).toLocaleString("en-GB", { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });
  tip.textContent = [when, ...series.map((s) => `${s.label}: ${s.values[at] === null ? "–" : unit(s.values[at] ?? 0)}`)].join("\n");
  const left = plot.cursor.left ?? 0;
  tip.style.left = `${left + 60 + (left > plot.width / 2 ? -tip.offsetWidth - 24 : 12)}px`;
}
