// Forgetting a person: whom it concerns, a question that says what cannot be undone, then how far it has come.
import { useEffect, useState } from "react";
import { Link } from "react-router-dom";
import { plural } from "../lib/format";
import { call, query } from "../lib/http";
import { useAct, useGet, useMay } from "../lib/hooks";
import type { ForgottenRecord, Identifier, WouldForget } from "../lib/types";
import { Badge, Notice, Tag, Trouble, Waiting } from "../ui/basics";
import { Dialog } from "../ui/dialog";
import { Select } from "../ui/fields";
import { KINDS } from "./people";

const STEPS: Record<string, string> = {
  suppress: "New calls are left out", end: "What waits is ended", ask: "Destinations are asked", clean: "Events and attempts are removed", erase: "The event log is rewritten", wait: "Waiting for destinations", sweep: "The last traces are removed", done: "Done",
};
const whom = (id: Identifier): { user_id?: string; email?: string } => id.kind === "user" ? { user_id: id.value } : { email: id.value };

/** For owners, where somebody has a user ID or an email: nobody else may, and a browser is nobody's name. */
export function ForgetButton({ ids }: { ids: Identifier[] }) {
  const owner = useMay("owner");
  const [open, setOpen] = useState(false);
  const named = ids.filter((id) => id.kind !== "anon");
  if (!owner || !named.length) return null;
  return <><button type="button" className="button small danger" onClick={() => setOpen(true)}>Forget this person</button>{open && <Forget named={named} close={() => setOpen(false)} />}</>;
}

function Forget({ named, close }: { named: Identifier[]; close: () => void }) {
  const [of, setOf] = useState(0);
  const [would, setWould] = useState<WouldForget>();
  const [error, setError] = useState<unknown>();
  const [record, setRecord] = useState<number>();
  const { run, busy } = useAct();
  const person = whom(named[of]!);
  const asked = query({ ...person });
  useEffect(() => {
    let here = true;
    setWould(undefined); setError(undefined);
    call("POST", "/forgotten/preview", person).then((found) => here && setWould(found), (problem) => here && setError(problem));
    return () => { here = false; };
  }, [asked]);
  const start = async () => setRecord((await run(() => call("POST", "/forgotten", person)))?.id);
  if (record !== undefined) return <Dialog title="Forgetting this person" close={close}><Progress number={record} /></Dialog>;
  return (
    <Dialog title="Forget this person?" close={close}>
      {named.length > 1 && <Select label="Whom" value={String(of)} options={named.map((id, at): [string, string] => [String(at), `${KINDS[id.kind]}: ${id.value}`])} change={(to) => setOf(Number(to))} className="mb-3" />}
      <Trouble error={error} />
      {!would && !error && <Waiting />}
      {would && (
        <>
          <p className="flex flex-wrap gap-x-3 gap-y-1 mb-2">{would.names.map((n) => <span key={n.kind + n.value} className="break-all"><Tag>{KINDS[n.kind]}</Tag> {n.value}</span>)}</p>
          <ul className="list-disc pl-5 space-y-1 mb-4">
            <li>{plural(would.events, "event")} will be removed here, with attempts and failed events.</li>
            {would.destinations.map((d) => <li key={d.destination}><b>{d.destination}</b> will be asked to delete {d.names.map((n) => n.value).join(", ")}.</li>)}
            {would.not_asked.map((name) => <li key={name}><b>{name}</b> has no request for this: tell it by other means.</li>)}
            <li>Their calls are not collected any more, until an owner lifts that.</li>
          </ul>
          <Notice tone="bad">This cannot be undone. Backups are not reached.</Notice>
        </>
      )}
      <div className="flex gap-2 justify-end mt-5">
        <button type="button" className="button" onClick={close}>Cancel</button>
        <button type="button" className="button danger" disabled={busy || !would} onClick={start}>Forget for good</button>
      </div>
    </Dialog>
  );
}

function Progress({ number }: { number: number }) {
  const { data, error } = useGet(`/forgotten/${number}`, { every: 1000 });
  if (!data) return error ? <Trouble error={error} /> : <Waiting />;
  return (
    <div aria-live="polite">
      <p className="mb-2">Record {data.id}: <Phase record={data} /></p>
      {data.waits_for && <p className="soft mb-2">Waiting for {data.waits_for}</p>}
      <p className="soft">It goes on when this is closed, and after a restart. <Link className="link" to="/settings/forgotten">All records</Link> say nothing of who it was.</p>
    </div>
  );
}

export const Phase = ({ record }: { record: ForgottenRecord }) => record.lifted ? <Badge tone="idle">Lifted</Badge> : <Badge tone={record.state === "done" ? "good" : "wait"}>{STEPS[record.phase] ?? record.phase}</Badge>;
