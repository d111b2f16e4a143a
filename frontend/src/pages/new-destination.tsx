// New destination: the catalog with search, then name and source, then the settings, tested, then done with a first test event.
import { type FormEvent, useState } from "react";
import { Link, useNavigate, useParams } from "react-router-dom";
import { call, query } from "../lib/http";
import { useAct, useGet } from "../lib/hooks";
import type { CatalogType, Destination, Trial } from "../lib/types";
import { Notice, Trouble, Waiting } from "../ui/basics";
import { Check, Labelled, Search } from "../ui/fields";
import { Icon } from "../ui/icons";
import { Card, Heading, useTitle } from "../ui/page";
import { ELSEWHERE } from "./destination-configuration";
import { Done } from "./destination-done";
import { type Settings, SettingsForm } from "./form";
import { answered } from "./questions";

export default function NewDestination() {
  useTitle("New destination");
  const { type } = useParams();
  return type ? <Steps key={type} type={type} /> : <Catalog />;
}

function Catalog() {
  const [search, setSearch] = useState("");
  const { data } = useGet(`/catalog${query({ search })}`, { keep: true, every: 60_000 });
  return (
    <>
      <Heading title="New destination" back={{ to: "/destinations", label: "Destinations" }}>Choose where events go.</Heading>
      <Search label="Search destinations" autoFocus value={search} change={setSearch} className="mb-4" />
      {!data ? <Waiting /> : (
        <div className="grid sm:grid-cols-2 xl:grid-cols-3 gap-3">
          {data.data.map((t) => (
            <Link key={t.type} to={`/destinations/new/${t.type}`} className="card p-4 flex gap-3 hover:border-accent transition-colors">
              <span className="size-10 rounded-lg bg-accent-soft text-accent-text grid place-items-center shrink-0" aria-hidden="true"><Icon name={t.type === "webhook" ? "link" : "destinations"} size={20} /></span>
              <span><span className="font-semibold block">{t.label}</span><span className="soft">{t.description}</span></span>
            </Link>
          ))}
          {!data.data.length && <p className="soft">Nothing is called so. Every address can be reached with a <Link className="link" to="/destinations/new/webhook">Webhook</Link>.</p>}
        </div>
      )}
    </>
  );
}

function Steps({ type }: { type: string }) {
  const catalog = useGet("/catalog", { every: 60_000 });
  const sources = useGet("/sources");
  const [step, setStep] = useState(1);
  const [name, setName] = useState("");
  const [chosen, setChosen] = useState<string[]>([]);
  const [made, setMade] = useState<Destination>();
  const kind = catalog.data?.data.find((t) => t.type === type);
  if (!catalog.data || !sources.data) return <Waiting />;
  if (!kind) return <Trouble error={`The catalog has no type "${type}".`} />;
  if (made) return <Done destination={made} source={sources.data.data.find((s) => chosen.includes(s.id))} />;
  return (
    <div className="max-w-2xl">
      <Heading title={`New destination: ${kind.label}`} back={{ to: "/destinations/new", label: "Catalog" }}><Progress step={step} /></Heading>
      {step === 1 ? (
        <Card title="Name and source">
          <form onSubmit={(e) => { e.preventDefault(); setStep(2); }}>
            <Labelled label="Name"><input className="field" required autoFocus placeholder={kind.type} value={name} onChange={(e) => setName(e.target.value)} /></Labelled>
            <fieldset className="mb-4"><legend className="font-medium mb-1">Source</legend>
              {sources.data.data.map((s) => <Check key={s.id} label={s.name} checked={chosen.includes(s.id)} change={(on) => setChosen(on ? [...chosen, s.id] : chosen.filter((c) => c !== s.id))} />)}
              {!sources.data.data.length && <p className="soft">There is no source yet. You can connect one later.</p>}
            </fieldset>
            <button type="submit" className="button primary" disabled={!name.trim()}>Continue</button>
          </form>
        </Card>
      ) : <Connection kind={kind} name={name} sources={chosen} back={() => setStep(1)} done={setMade} />}
    </div>
  );
}

const Progress = ({ step }: { step: number }) => (
  <span className="flex gap-2 items-center">Step {step} of 2<span className="flex gap-1" aria-hidden="true">{[1, 2].map((n) => <span key={n} className={`h-1 w-8 rounded-full ${n <= step ? "bg-accent" : "bg-line"}`} />)}</span></span>
);

function Connection({ kind, name, sources, back, done }: { kind: CatalogType; name: string; sources: string[]; back: () => void; done: (d: Destination) => void }) {
  const [settings, setSettings] = useState<Settings>({});
  const [told, setTold] = useState<Trial>();
  const [error, setError] = useState<unknown>();
  const { run, busy } = useAct();
  const go = useNavigate();
  const finish = async (): Promise<void> => {
    if (!told) {
      const result = await call("POST", "/destinations/test", { type: kind.type, settings });
      setTold(result);
      if (!result.ok) return;
    }
    done(await answered("POST", "/destinations", { name, type: kind.type, settings, source_ids: sources }));
  };
  const submit = (event: FormEvent) => { event.preventDefault(); setError(undefined); void run(() => finish().catch(setError)); };
  return (
    <Card title="Connection settings" note="Everything else can be set later; the defaults are good.">
      <form onSubmit={submit}>
        <SettingsForm fields={kind.fields.filter((f) => !ELSEWHERE.includes(f.key) || kind.type !== "loops")} value={settings} change={(v) => { setSettings(v); setTold(undefined); }} />
        {told && <Notice tone={told.ok ? "good" : "bad"}>{told.message}{!told.ok && " Correct it, or press Continue again to save it as it is: the queue waits."}</Notice>}
        {error !== undefined && <div className="mb-4"><Trouble error={error} /></div>}
        <div className="flex gap-2"><button type="submit" className="button primary" disabled={busy}>{busy ? "Testing …" : "Continue"}</button><button type="button" className="button" onClick={back}>Back</button><button type="button" className="button plain" onClick={() => go("/destinations")}>Cancel</button></div>
      </form>
    </Card>
  );
}
