// Writes one email: fields, LMX, variables and fallbacks on the left; how it is read, and what is wrong with it, on the right.
import { lazy, Suspense, useDeferredValue, useEffect, useRef, useState } from "react";
import { body, type Draft, draftOf, type EmailMessage, type EmailPreview, type Field, STARTS } from "../lib/emails";
import { call } from "../lib/http";
import { useAct, useGet, useMay } from "../lib/hooks";
import { Notice, Trouble, Waiting } from "../ui/basics";
import { Labelled, Select } from "../ui/fields";
import { Card } from "../ui/page";
import type { Inserter } from "../ui/mirror-lmx";
import { Checks, Shown } from "./email-preview";
import { Fallbacks, Offered } from "./email-variables";
import { TestMail } from "./email-test";

const Mirror = lazy(() => import("../ui/mirror-lmx"));
const LINES: [Field, string, string][] = [["subject", "Subject", ""], ["previewText", "Preview text", "Shown after the subject in a list of mails."], ["fromName", "From name", ""], ["fromEmail", "From address", "What stands before the @ of the sending domain; `hello` when empty."], ["replyToEmail", "Reply to", ""]];
const MORE: [Field, string, string][] = [["ccEmail", "Cc", ""], ["bccEmail", "Bcc", ""], ["languageCode", "Language", "Two letters, e.g. `en`."]];

export function EmailEditor({ id, saved }: { id: string; saved?: () => void }) {
  const { data, error } = useGet(`/engine/emails/${id}`, { every: 60_000 });
  if (!data) return error ? <Trouble error={error} /> : <Waiting />;
  return <Desk key={id} stored={data} saved={saved} />;
}

function Desk({ stored, saved }: { stored: EmailMessage; saved?: () => void }) {
  const [base, setBase] = useState(stored);
  const [draft, setDraft] = useState<Draft>(draftOf(stored));
  const [who, setWho] = useState<string>();
  const [data, setData] = useState<Record<string, string>>({});
  const inserter = useRef<Inserter>(null);
  const { run, busy } = useAct();
  const locked = !useMay("editor") || !base.draft;
  const set = (key: Field, to: string) => setDraft((old) => ({ ...old, [key]: to }));
  const { found, failed } = usePreview(base, draft, who, data);
  const changed = JSON.stringify(draft) !== JSON.stringify(draftOf(base));
  const bad = !!found?.problems.some((p) => p.severity === "error");
  const save = () => void run(async () => {
    const now = await call("PATCH", `/engine/emails/${base.id}`, { expectedRevisionId: base.contentRevisionId, ...body(draft, base) });
    setBase(now); setDraft(draftOf(now)); saved?.();
  }, "Saved.");
  return (
    <>
      {!base.draft && <Notice tone="idle">This is what was published. Make a draft to change it.</Notice>}
      {stored.contentRevisionId !== base.contentRevisionId && !busy && <Notice actions={<button type="button" className="button small" onClick={() => { setBase(stored); setDraft(draftOf(stored)); }}>Take theirs</button>}>Somebody else has saved this email meanwhile.</Notice>}
      <div className="grid xl:grid-cols-2 gap-x-4 items-start">
        <div className="min-w-0">
          <Card title="Email" actions={!locked && <div className="flex gap-2">{changed && <button type="button" className="button small" onClick={() => setDraft(draftOf(base))}>Undo</button>}<button type="button" className="button primary small" disabled={busy || !changed || bad} onClick={save}>Save</button></div>}>
            <Lines of={LINES} draft={draft} set={set} locked={locked} />
            <details className="mb-4"><summary className="soft text-sm">More: Cc, Bcc, language, format</summary><div className="pt-3"><Lines of={MORE} draft={draft} set={set} locked={locked} /><Select label="Format" value={draft.emailFormat} options={[["styled", "HTML and text"], ["plain", "Text only"]]} change={(to) => set("emailFormat", to)} /></div></details>
            {!locked && <div className="flex flex-wrap gap-1 mb-2" role="group" aria-label="Insert a block">{STARTS.map(([label, lmx]) => <button key={label} type="button" className="button small" onClick={() => inserter.current?.insert(lmx)}>{label}</button>)}</div>}
            <Suspense fallback={<div className="skeleton h-64" aria-busy="true" aria-label="Loading" />}><Mirror value={draft.lmx} change={(to) => set("lmx", to)} problems={found?.problems ?? []} inserter={inserter} locked={locked} /></Suspense>
            <ul className="mt-2 text-sm space-y-1">{found?.problems.slice(0, 8).map((p, i) => <li key={i} className={p.severity === "error" ? "text-bad-text" : "text-wait-text"}>Line {p.line}: {p.message}</li>)}</ul>
            {!locked && <Offered message={base} insert={(text) => inserter.current?.insert(text)} />}
          </Card>
          <Fallbacks used={found?.variables ?? []} draft={draft} change={(fallbacks) => setDraft((old) => ({ ...old, fallbacks }))} locked={locked} />
        </div>
        <div className="min-w-0 xl:sticky xl:top-4">
          {failed !== undefined && <Trouble error={failed} />}
          <Shown message={base} found={found} who={who} setWho={setWho} data={data} setData={setData} />
          <Checks found={found} />
          {!locked && <TestMail message={base} unsaved={changed} contact={found?.filled.contact?.id} data={data} />}
        </div>
      </div>
    </>
  );
}

function Lines({ of, draft, set, locked }: { of: [Field, string, string][]; draft: Draft; set: (key: Field, to: string) => void; locked: boolean }) {
  return <div className="sm:grid grid-cols-2 gap-x-4">{of.map(([key, label, help]) => <div key={key} className={key === "subject" || key === "previewText" ? "col-span-2" : ""}><Labelled label={label} help={help || undefined}><input className="field" disabled={locked} value={draft[key]} onChange={(e) => set(key, e.target.value)} /></Labelled></div>)}</div>;
}

/** Asked for again a moment after the last key. */
function usePreview(base: EmailMessage, draft: Draft, contact: string | undefined, data: Record<string, string>) {
  const [found, setFound] = useState<EmailPreview>();
  const [failed, setFailed] = useState<unknown>();
  const asked = useDeferredValue(JSON.stringify({ email: body(draft, base), contact, data }));
  useEffect(() => {
    let on = true;
    const timer = setTimeout(() => {
      call("POST", `/engine/emails/${base.id}/preview`, JSON.parse(asked)).then((value) => { if (on) { setFound(value); setFailed(undefined); } }, (error: unknown) => { if (on) setFailed(error); });
    }, 300);
    return () => { on = false; clearTimeout(timer); };
  }, [asked, base.id]);
  return { found, failed };
}
