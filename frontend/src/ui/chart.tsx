// Charts over time; uPlot itself is loaded only when one is seen.
import { lazy, Suspense } from "react";
import type { Tone } from "../lib/states";
import { SOLID } from "./basics";

export interface Series { label: string; tone: Tone; values: (number | null)[] }
export interface ChartProps { times: number[]; series: Series[]; kind: "stack" | "line"; unit?: (value: number) => string; label: string; height?: number }

const Plot = lazy(() => import("./plot"));

export function Chart(props: ChartProps) {
  const height = props.height ?? 210;
  return (
    <figure aria-label={props.label}>
      <div className="flex flex-wrap gap-x-4 gap-y-1 mb-2 text-sm soft">
        {props.series.map((s) => <span key={s.label} className="inline-flex items-center gap-1.5"><span className={`size-2 rounded-sm ${SOLID[s.tone]}`} aria-hidden="true" />{s.label}</span>)}
      </div>
      <Suspense fallback={<div className="skeleton w-full" aria-busy="true" aria-label="Loading" ref={(el) => { if (el) el.style.height = `${height}px`; }} />}><Plot {...props} height={height} /></Suspense>
    </figure>
  );
}
