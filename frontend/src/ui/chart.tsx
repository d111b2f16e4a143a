// Charts over time, drawn as SVG in the tokens' colours: stacked bars and lines; pointer or arrows read the numbers of a moment.
import { type KeyboardEvent, useEffect, useRef, useState } from "react";
import { scale, stacked, words } from "../lib/axis";
import { compact } from "../lib/format";
import type { Tone } from "../lib/states";
import { SOLID } from "./basics";

export interface Series { label: string; tone: Tone; values: (number | null)[] }
interface Props { times: number[]; series: Series[]; kind: "stack" | "line"; unit?: (value: number) => string; label: string }

const HEIGHT = 210, LEFT = 48, TOP = 8, BOTTOM = 22, WORD = 72;
type Place = (n: number) => number;

export function Chart({ times, series, kind, unit = compact, label }: Props) {
  const [width, box] = useWidth();
  const [chosen, choose] = useState<number>();
  const marks = scale(Math.max(0, ...(kind === "stack" ? stacked(series.map((s) => s.values)).at(-1)?.map(([, to]) => to) ?? [] : series.flatMap((s) => s.values.map((v) => v ?? 0)))), kind === "stack");
  const wide = (width - LEFT) / times.length, at = chosen === undefined ? undefined : Math.min(chosen, times.length - 1);
  const x: Place = (i) => LEFT + wide * (i + 0.5), y: Place = (v) => TOP + (HEIGHT - TOP - BOTTOM) * (1 - v / marks.at(-1)!);
  const key = (event: KeyboardEvent) => {
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (by) { event.preventDefault(); choose(Math.max(0, Math.min(times.length - 1, (at ?? times.length) + by))); }
    if (event.key === "Escape") choose(undefined);
  };
  return (
    <figure aria-label={label}>
      <div className="flex flex-wrap gap-x-4 gap-y-1 mb-2 text-sm soft">
        {series.map((s) => <span key={s.label} className="inline-flex items-center gap-1.5"><span className={`size-2 rounded-sm ${SOLID[s.tone]}`} aria-hidden="true" />{s.label}</span>)}
      </div>
      <div ref={box} className="relative">
        <svg width={width} height={HEIGHT} role="group" aria-roledescription="chart" aria-label={`${label}: arrows read each moment`} tabIndex={0} className="block" onKeyDown={key} onBlur={() => choose(undefined)}
          onPointerMove={(e) => choose(Math.max(0, Math.floor((e.clientX - e.currentTarget.getBoundingClientRect().left - LEFT) / wide)))} onPointerLeave={() => choose(undefined)}>
          <g aria-hidden="true" fontSize="11.5" fill="var(--soft)">
            {marks.map((m) => <g key={m}><path d={`M${LEFT} ${y(m)}H${width}`} stroke="var(--line)" /><text x={LEFT - 8} y={y(m) + 4} textAnchor="end">{unit(m)}</text></g>)}
            {width > 0 && words(times, (width - LEFT) / WORD).map(([i, text]) => <text key={i} x={Math.min(Math.max(x(i), LEFT + 16), width - 18)} y={HEIGHT - 4} textAnchor="middle">{text}</text>)}
          </g>
          {kind === "stack" ? <Bars series={series} wide={wide} x={x} y={y} /> : <Lines series={series} x={x} y={y} />}
          {at !== undefined && <path d={`M${x(at)} ${TOP}V${HEIGHT - BOTTOM}`} stroke="var(--edge)" strokeDasharray="3 3" />}
        </svg>
        <p role="status" hidden={at === undefined} ref={(el) => { if (el && at !== undefined) el.style.left = `${x(at) + (x(at) > width / 2 ? -el.offsetWidth - 12 : 12)}px`; }}
          className="card !shadow-[var(--float)] absolute top-1 px-3 py-2 text-xs pointer-events-none z-10 whitespace-pre tabular-nums">{at !== undefined && told(times[at]!, series, at, unit)}</p>
      </div>
    </figure>
  );
}

/** Of the element, as it is now. */
function useWidth() {
  const box = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(0);
  useEffect(() => {
    const watch = new ResizeObserver(() => setWidth(box.current?.clientWidth ?? 0));
    watch.observe(box.current!);
    return () => watch.disconnect();
  }, []);
  return [width, box] as const;
}

function Bars({ series, wide, x, y }: { series: Series[]; wide: number; x: Place; y: Place }) {
  const bar = Math.max(1, Math.min(26, wide * 0.78));
  const path = (row: [number, number][]) => row.map(([from, to], i) => to > from ? `M${x(i) - bar / 2} ${y(from)}V${y(to)}h${bar}V${y(from)}z` : "").join("");
  return <>{stacked(series.map((s) => s.values)).map((row, n) => <path key={series[n]!.label} d={path(row)} fill={`var(--${series[n]!.tone})`} />)}</>;
}

/** What is not known is bridged; a moment alone is a dot. */
function Lines({ series, x, y }: { series: Series[]; x: Place; y: Place }) {
  const path = (values: (number | null)[]) => values.reduce<string>((d, v, i) => v === null ? d : `${d || "M"}${d && "L"}${x(i)} ${y(v)}${d ? "" : "h.01"}`, "");
  return <>{series.map((s) => <path key={s.label} d={path(s.values)} fill="none" stroke={`var(--${s.tone})`} strokeWidth="1.8" strokeLinecap="round" strokeLinejoin="round" />)}</>;
}

function told(time: number, series: Series[], at: number, unit: (v: number) => string): string {
  const when = new Date(time * 1000).toLocaleString("en-GB", { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });
  return [when, ...series.map((s) => `${s.label}: ${s.values[at] === null ? "–" : unit(s.values[at] ?? 0)}`)].join("\n");
}
