// The sending domain: its DKIM key, the DNS records to set, and a look whether they are there.
import { useState } from "react";
import { call } from "../lib/http";
import { useAct, useMay } from "../lib/hooks";
import type { DnsCheck, Sending } from "../lib/mail";
import { Badge, CopyLine, Empty } from "../ui/basics";
import { confirm } from "../ui/dialog";
import { Card } from "../ui/page";
import type { Tone } from "../lib/states";

const TONES: Record<DnsCheck["verdict"], [Tone, string]> = { good: ["good", "There"], missing: ["bad", "Missing"], wrong: ["bad", "Wrong"], unknown: ["idle", "Unknown"] };

export function Domain({ sending }: { sending: Sending }) {
  const [checks, setChecks] = useState<DnsCheck[]>();
  const { run, busy } = useAct();
  const may = useMay("editor");
  const look = () => run(async () => setChecks((await call("POST", "/engine/sending/dns-check")).data));
  const make = async () => { if (!sending.has_dkim || await confirm({ title: "Make a new DKIM key?", body: "Mail is signed with it at once: set its record first thing, or receivers will distrust the signature.", action: "New key", danger: true })) await run(() => call("POST", "/engine/sending/dkim", {}), "The key is there. Set its DNS record."); };
  const forget = async () => { if (await confirm({ title: "Forget the DKIM key?", body: "Mail then leaves unsigned.", action: "Forget it", danger: true })) await run(() => call("DELETE", "/engine/sending/dkim"), "Forgotten."); };
  return (
    <Card title="Sending domain" note="Set these records where the domain's DNS is kept." actions={may && sending.domain && <div className="flex flex-wrap gap-2"><button type="button" className="button small" disabled={busy} onClick={make}>{sending.has_dkim ? "New DKIM key" : "Make a DKIM key"}</button>{sending.has_dkim && <button type="button" className="button small danger" disabled={busy} onClick={forget}>Forget it</button>}<button type="button" className="button small" disabled={busy} onClick={look}>Check DNS</button></div>}>
      {!sending.domain ? <Empty title="No domain yet">Give a sending domain above, then its records are shown here.</Empty> : <ul className="divide-y divide-line -my-3">{sending.records.map((record) => {
        const check = checks?.find((c) => c.record.purpose === record.purpose);
        return (
          <li key={record.purpose} className="py-3">
            <div className="flex flex-wrap gap-2 items-center mb-1.5"><span className="font-medium">{record.purpose}</span><span className="soft text-sm grow">{record.why}</span>{check && <Badge tone={TONES[check.verdict][0]}>{TONES[check.verdict][1]}</Badge>}</div>
            <div className="grid md:grid-cols-2 gap-3"><CopyLine label={`${record.kind} record`} text={record.name} /><CopyLine label="Value" text={record.value} /></div>
            {check && check.verdict !== "good" && <p className="text-sm mt-1.5 text-bad-text">{check.said}</p>}
          </li>
        );
      })}</ul>}
    </Card>
  );
}
