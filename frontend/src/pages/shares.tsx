// All deliveries by status as one bar.
import { number } from "../lib/format";
import { BANDS, total } from "../lib/states";
import { SOLID } from "../ui/basics";
import { Card } from "../ui/page";

const FILL = { good: "fill-good", idle: "fill-idle", wait: "fill-wait", bad: "fill-bad", accent: "fill-accent" };

export function Shares({ counts }: { counts: Record<string, number> }) {
  const all = Object.values(counts).reduce((a, b) => a + b, 0);
  let x = 0;
  return (
    <Card title="All deliveries" note="Since the beginning.">
      <svg viewBox="0 0 1000 12" className="w-full h-3 rounded-full" preserveAspectRatio="none" role="img" aria-label={BANDS.map((b) => `${b.label}: ${total(counts, b.states)}`).join(", ")}>
        <rect width="1000" height="12" className="fill-idle-soft" />
        {all > 0 && BANDS.map((b) => { const width = (total(counts, b.states) / all) * 1000; const at = x; x += width; return <rect key={b.label} x={at} width={width} height="12" className={FILL[b.tone]} />; })}
      </svg>
      <div className="flex flex-wrap gap-x-6 gap-y-1 mt-3">
        {BANDS.map((b) => <span key={b.label} className="inline-flex items-center gap-2"><span className={`size-2 rounded-full ${SOLID[b.tone]}`} aria-hidden="true" /><span className="soft">{b.label}</span> <b className="tabular-nums font-semibold">{number(total(counts, b.states))}</b></span>)}
      </div>
    </Card>
  );
}
