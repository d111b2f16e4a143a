// The form of Settings → Sending: Inbox or SMTP server, rate, tracking, footer.
import { type FormEvent, useState } from "react";
import { call } from "../lib/http";
import { useAct, useMay } from "../lib/hooks";
import type { Sending } from "../lib/mail";
import { Notice } from "../ui/basics";
import { Check, Labelled, Segments, Select } from "../ui/fields";
import { Card } from "../ui/page";

type Draft = Pick<Sending, "mode" | "host" | "port" | "security" | "verify" | "username" | "domain" | "return_domain" | "company" | "address" | "rate" | "connections" | "track_opens" | "track_clicks" | "inbox_keep" | "inbox_megabytes" | "inbox_port"> & { password?: string };
const KEPT: (keyof Draft)[] = ["mode", "host", "port", "security", "verify", "username", "domain", "return_domain", "company", "address", "rate", "connections", "track_opens", "track_clicks", "inbox_keep", "inbox_megabytes", "inbox_port"];
const SECURITY: [string, string][] = [["starttls", "STARTTLS (587)"], ["tls", "TLS at once (465)"], ["none", "None: in the clear"]];

export function SendingForm({ sending }: { sending: Sending }) {
  const [draft, setDraft] = useState<Draft>(Object.fromEntries(KEPT.map((key) => [key, sending[key as keyof Sending]])) as unknown as Draft);
  const { run, busy } = useAct();
  const may = useMay("editor");
  const set = <K extends keyof Draft>(key: K, to: Draft[K]) => setDraft((old) => ({ ...old, [key]: to }));
  const save = (event: FormEvent) => { event.preventDefault(); void run(async () => { await call("PATCH", "/engine/sending", draft); setDraft(({ password: _, ...rest }) => rest); }, "Saved."); };
  const text = (key: "host" | "username" | "domain" | "return_domain" | "company" | "address", label: string, help?: string, placeholder?: string) => <Labelled label={label} help={help}><input className="field" value={draft[key]} placeholder={placeholder} onChange={(e) => set(key, e.target.value)} /></Labelled>;
  const count = (key: "port" | "rate" | "connections" | "inbox_keep" | "inbox_megabytes" | "inbox_port", label: string, help?: string) => <Labelled label={label} help={help}><input className="field" type="number" min={0} step={key === "rate" ? "any" : 1} value={draft[key]} onChange={(e) => set(key, Number(e.target.value))} /></Labelled>;
  return (
    <Card title="How mail leaves" actions={<Segments label="Where mail goes" value={draft.mode} options={[["inbox", "Inbox"], ["smtp", "SMTP server"]]} change={(to) => set("mode", to)} />}>
      <form onSubmit={save}><fieldset disabled={!may} className="grid md:grid-cols-2 gap-x-6">
        {draft.mode === "smtp" && <>
          {text("host", "SMTP server", undefined, "smtp.example.org")}
          <div className="grid grid-cols-2 gap-3">{count("port", "Port")}<Labelled label="Encryption"><Select label="Encryption" value={draft.security} options={SECURITY} change={(to) => set("security", to as Draft["security"])} /></Labelled></div>
          {text("username", "User name", "Empty: no login.")}
          <Labelled label="Password" help={sending.has_password ? "One is stored. Type to replace it." : "Stored encrypted."}><input className="field" type="password" autoComplete="new-password" value={draft.password ?? ""} placeholder={sending.has_password ? "••••••••" : ""} onChange={(e) => set("password", e.target.value)} /></Labelled>
          <div className="md:col-span-2 mb-4"><Check label="Verify the server's certificate" checked={draft.verify} change={(to) => set("verify", to)} />{!draft.verify && <Notice>Whoever sits between here and the mail server can read mail and password.</Notice>}</div>
        </>}
        {text("domain", "Sending domain", "Mail is from `somebody@` this domain. DKIM signs for it.", "mail.example.org")}
        {draft.mode === "smtp" && text("return_domain", "Bounce domain", "Reports of mail that came back go to addresses of it, which must lead to the Inbox's SMTP port. Empty: they go to the sender.", "bounces.example.org")}
        {count("rate", "Mails a second", "0 = no limit.")}
        {text("company", "Company", "In the footer of workflow mail.")}
        {text("address", "Postal address", "In the footer; many countries ask for it.")}
        {draft.mode === "smtp" ? count("connections", "Connections", "Mails sent at once. After a crash as many may be ambiguous.") : <div className="grid grid-cols-2 gap-3">{count("inbox_keep", "Mails kept in the Inbox", "The oldest go first.")}{count("inbox_megabytes", "Most megabytes")}</div>}
        <div>{count("inbox_port", "SMTP port of the Inbox", "Other programs on this machine can hand mail to the Inbox there. 0 = off.")}{sending.inbox_port_trouble && <Notice tone="bad">{sending.inbox_port_trouble}</Notice>}</div>
        <div className="md:col-span-2 mb-4"><Check label="Count opens" help="A pixel in workflow mail. Never in transactional mail." checked={draft.track_opens} change={(to) => set("track_opens", to)} /><Check label="Count clicks" help="Links of workflow mail lead through this server. Never in transactional mail." checked={draft.track_clicks} change={(to) => set("track_clicks", to)} /></div>
        {may && <div className="md:col-span-2"><button type="submit" className="button primary" disabled={busy}>Save</button></div>}
      </fieldset></form>
    </Card>
  );
}
