import { useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { Link, useNavigate, useParams } from "react-router-dom";
import { call, type CatalogType, type Destination, get, type Page, type Source } from "../api";
import { Card, Code, Heading, Labelled, Notice, Trouble, useTitle, Waiting } from "../ui";
import { type Settings, SettingsForm } from "./form";

export default function NewDestination() {
  useTitle("New destination");
  const { type } = useParams();
  return type ? <Steps key={type} type={type} /> : <Catalog />;
}

function Catalog() {
  const [search, setSearch] = useState("");
  const { data } = useQuery({ queryKey: ["catalog", search], queryFn: () => get<Page<CatalogType>>(`/catalog?search=${encodeURIComponent(search)}`) });
  return (
    <>
      <Heading title="New destination" back={{ to: "/destinations", label: "Destinations" }}>Choose where events go.</Heading>
      <input className="field mb-4" type="search" autoFocus placeholder="Search destinations" aria-label="Search destinations" value={search} onChange={(e) => setSearch(e.target.value)} />
      {!data ? <Waiting /> : (
        <div className="grid sm:grid-cols-2 gap-3">
          {data.data.map((t) => <Link key={t.type} to={`/destinations/new/${t.type}`} className="card p-4 hover:border-water-500"><div className="font-semibold">{t.label}</div><div className="soft">{t.description}</div></Link>)}
          {!data.data.length && <p className="soft">Nothing is called so. Every address can be reached with a Webhook.</p>}
        </div>
      )}
    </>
  );
}

function Steps({ type }: { type: string }) {
  const catalog = useQuery({ queryKey: ["catalog", ""], queryFn: () => get<Page<CatalogType>>("/catalog") });
  const sources = useQuery({ queryKey: ["sources"], queryFn: () => get<Page<Source>>("/sources") });
  const [step, setStep] = useState(1);
  const [name, setName] = useState("");
  const [chosen, setChosen] = useState<string[]>([]);
  const [settings, setSettings] = useState<Settings>({});
  const [told, setTold] = useState<{ ok: boolean; message: string }>();
  const [error, setError] = useState<unknown>();
  const [busy, setBusy] = useState(false);
  const [made, setMade] = useState<Destination>();
  const queries = useQueryClient();
  const go = useNavigate();
  const kind = catalog.data?.data.find((t) => t.type === type);
  if (!kind || !sources.data) return <Waiting />;
  if (made) return <Done destination={made} source={sources.data.data.find((s) => chosen.includes(s.id))} />;

  const next = (event: FormEvent) => { event.preventDefault(); setStep(2); };
  const finish = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true); setError(undefined);
    try {
      if (!told) {
        const result = await call<{ ok: boolean; message: string }>("POST", "/destinations/test", { type, settings });
        setTold(result);
        if (!result.ok) return;
      }
      const destination = await call<Destination>("POST", "/destinations", { name, type, settings, source_ids: chosen });
      await queries.invalidateQueries({ queryKey: ["destinations"] });
      setMade(destination);
    } catch (problem) { setError(problem); } finally { setBusy(false); }
  };
  return (
    <>
      <Heading title={`New destination: ${kind.label}`} back={{ to: "/destinations/new", label: "Catalog" }}>Step {step} of 2</Heading>
      {step === 1 ? (
        <Card title="Name and source">
          <form onSubmit={next}>
            <Labelled label="Name"><input className="field" required autoFocus value={name} onChange={(e) => setName(e.target.value)} /></Labelled>
            <fieldset className="mb-4"><legend className="font-medium mb-1">Source</legend>
              {sources.data.data.map((s) => <label key={s.id} className="flex gap-2 items-center py-0.5"><input type="checkbox" checked={chosen.includes(s.id)} onChange={(e) => setChosen(e.target.checked ? [...chosen, s.id] : chosen.filter((c) => c !== s.id))} />{s.name}</label>)}
            </fieldset>
            <button type="submit" className="button primary" disabled={!name.trim()}>Continue</button>
          </form>
        </Card>
      ) : (
        <Card title="Connection settings">
          <form onSubmit={finish}>
            <SettingsForm fields={kind.fields} value={settings} change={(v) => { setSettings(v); setTold(undefined); }} />
            {told && <Notice tone={told.ok ? "green" : "red"}>{told.message}{!told.ok && " Correct it, or press Continue again to save it as it is: the queue waits."}</Notice>}
            {error !== undefined && <div className="mb-4"><Trouble error={error} /></div>}
            <div className="flex gap-2">
              <button type="submit" className="button primary" disabled={busy}>Continue</button>
              <button type="button" className="button" onClick={() => setStep(1)}>Back</button>
              <button type="button" className="button" onClick={() => go("/destinations")}>Cancel</button>
            </div>
          </form>
        </Card>
      )}
    </>
  );
}

function Done({ destination, source }: { destination: Destination; source?: Source }) {
  return (
    <>
      <Heading title={`${destination.name} is connected`} />
      <Card title="Send a first test event">
        {source ? <Code text={`curl -u ${source.write_key}: ${source.data_plane_url}/v1/identify -H 'Content-Type: application/json' \\\n  -d '{"userId":"test-1","traits":{"email":"test-1@example.com","firstName":"Test"}}'`} /> : <p>Connect a source to it under Sources.</p>}
        <p className="soft mt-3">Loops processes events to @example.com and sends no mail to them.</p>
        <Link className="button primary mt-3" to={`/destinations/${destination.id}/events`}>Open the destination</Link>
      </Card>
    </>
  );
}
