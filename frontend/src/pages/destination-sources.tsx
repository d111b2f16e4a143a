// Which sources a destination takes events from.
import { useAct, useGet, useMay } from "../lib/hooks";
import type { Destination, Source } from "../lib/types";
import { Waiting } from "../ui/basics";
import { Check } from "../ui/fields";
import { Card } from "../ui/page";
import { answered } from "./questions";

export function DestinationSources({ destination: d }: { destination: Destination }) {
  const { data } = useGet("/sources");
  const { run, busy } = useAct();
  const may = useMay("editor");
  const toggle = (source: Source, on: boolean) => void run(() => answered(on ? "POST" : "DELETE", "/connections", { source_id: source.id, destination_id: d.id }), on ? `Connected ${source.name}.` : `Disconnected ${source.name}.`);
  return (
    <Card title="Sources" note="A connection takes events from the moment it is made.">
      {!data ? <Waiting rows={2} /> : data.data.map((s) => <Check key={s.id} label={s.name} disabled={!may || busy} checked={d.sources.some((x) => x.id === s.id)} change={(on) => toggle(s, on)} />)}
    </Card>
  );
}
