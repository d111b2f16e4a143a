// The inspector at the side of the graph: the settings of the node that was chosen.
import type { Schemas } from "../lib/contract";
import { type ReactNode, useState } from "react";
import { Link } from "react-router-dom";
import { number } from "../lib/format";
import { useGet } from "../lib/hooks";
import { FORKS, isTrigger, type Metrics, type Workflow, type WorkflowNode } from "../lib/workflow";
import { Notice } from "../ui/basics";
import { Check, Labelled, Segments } from "../ui/fields";
import { Card } from "../ui/page";
import { FilterForm, PropertyQuery } from "./engine-workflow-filter";

export type Change = Omit<Schemas["Edit"], "revision">;
export type Edit = (edit: Change, done?: string) => Promise<unknown>;
export const EMAILS = "/loops/emails";
const TRIGGERS: [string, string][] = [["SignupTrigger", "Contact added"], ["ContactPropertyTrigger", "Contact updated"], ["AddToListTrigger", "Contact added to list"], ["EventTrigger", "Event received"]];
const FREQUENCY = [["once", "One time"], ["every", "Every time"]] as const;

export function Inspector({ workflow, node, edit, locked }: { workflow: Workflow; node: WorkflowNode; edit: Edit; locked: boolean }) {
  return (
    <Card title={node.title} note={locked && workflow.status === "Sending" ? "Pause the workflow to change it." : undefined}>
      {node.problems.map((p) => <Notice key={p}>{p}</Notice>)}
      <fieldset disabled={locked} className="min-w-0"><Form key={node.id + workflow.revision} workflow={workflow} node={node} edit={edit} /></fieldset>
      {node.metrics && <Numbers found={node.metrics} />}
      {!locked && <Away workflow={workflow} node={node} edit={edit} />}
    </Card>
  );
}

function Form({ workflow, node, edit }: { workflow: Workflow; node: WorkflowNode; edit: Edit }) {
  const set = (payload: Record<string, unknown>) => edit({ op: "set", node: node.id, payload }, "Saved.");
  if (isTrigger(node)) return <Trigger workflow={workflow} node={node} edit={edit} set={set} />;
  switch (node.typeName) {
    case "TimerAction": return <Timer node={node} set={set} />;
    case "AudienceFilter": return <FilterForm node={node} set={set} />;
    case "ExperimentBranchNode": return <Experiment node={node} set={set} />;
    case "VariantNode": return <Check label="Control" help="The rest of an experiment goes here. At most one path is the control." checked={!!node.isControl} change={(isControl) => void set({ isControl })} />;
    case "SendEmailAction": return node.emailMessageId ? <div className="mb-3"><p className="soft mb-2">{node.subject ? <>Subject: <span className="text-ink">{node.subject}</span></> : "This email has no subject yet."}</p><Link className="button primary" to={`${EMAILS}/${node.emailMessageId}`}>Open the email</Link></div> : null;
    case "BranchNode": return <p className="soft mb-3">Its audience filters are asked from left to right. The first that matches is the way; if none does, the contact leaves.</p>;
    default: return <p className="soft mb-3">The end of every path.</p>;
  }
}

function Trigger({ workflow, node, edit, set }: { workflow: Workflow; node: WorkflowNode; edit: Edit; set: (payload: Record<string, unknown>) => Promise<unknown> }) {
  const events = useGet("/engine/event-definitions").data?.data, properties = useGet("/engine/properties").data?.data;
  return (
    <>
      <Labelled label="Starts when"><select className="field" value={node.typeName} onChange={(e) => void set({ typeName: e.target.value })}>
        {node.typeName === "BlankTrigger" && <option value="BlankTrigger">Choose …</option>}{TRIGGERS.map(([key, name]) => <option key={key} value={key}>{name}</option>)}
      </select></Labelled>
      {node.typeName === "EventTrigger" && <Labelled label="Event" help={events?.length ? undefined : "No event is defined yet: send one, or define it under Events."}><select aria-label="Event" className="field" value={node.eventName ?? ""} onChange={(e) => void set({ eventName: e.target.value || null })}><option value="">Choose …</option>{events?.map((d) => <option key={d.id}>{d.name}</option>)}</select></Labelled>}
      {node.typeName === "ContactPropertyTrigger" && <PropertyQuery node={node} properties={properties ?? []} set={set} />}
      {node.reEligible !== undefined && <Labelled label="Frequency" help="How often the same contact may enter."><div><Segments label="Frequency" value={node.reEligible ? "every" : "once"} options={FREQUENCY} change={(to) => void set({ reEligible: to === "every" })} /></div></Labelled>}
      {node.typeName === "SignupTrigger" && <p className="soft text-sm mb-3">Each contact enters once, when it is added. Transactional emails and imports do not count.</p>}
      <ListChoice workflow={workflow} edit={edit} />
    </>
  );
}

function ListChoice({ workflow, edit }: { workflow: Workflow; edit: Edit }) {
  const lists = useGet("/engine/lists").data?.data;
  return (
    <Labelled label="Mailing list" help="Only its members enter, and who leaves it leaves the workflow at the next step.">
      <select className="field" value={workflow.mailingList ?? ""} onChange={(e) => void edit({ op: "list", payload: { mailingListId: e.target.value || null } }, "Saved.")}><option value="">None: everybody</option>{lists?.map((l) => <option key={l.id} value={l.id}>{l.name}</option>)}</select>
    </Labelled>
  );
}

function Timer({ node, set }: { node: WorkflowNode; set: (payload: Record<string, unknown>) => Promise<unknown> }) {
  const [amount, setAmount] = useState(String(node.amount ?? 1)), [unit, setUnit] = useState(node.unit ?? "d");
  return (
    <form onSubmit={(e) => { e.preventDefault(); void set({ amount: Number(amount), unit }); }}>
      <div className="flex gap-2 mb-3"><input aria-label="Amount" type="number" min={0} step="any" required className="field" value={amount} onChange={(e) => setAmount(e.target.value)} /><select aria-label="Unit" className="field" value={unit} onChange={(e) => setUnit(e.target.value as typeof unit)}><option value="m">minutes</option><option value="h">hours</option><option value="d">days</option></select></div>
      <p className="soft text-sm mb-3">By the wall clock, from the moment a contact comes here. 0 goes on at once.</p>
      <Save />
    </form>
  );
}

function Experiment({ node, set }: { node: WorkflowNode; set: (payload: Record<string, unknown>) => Promise<unknown> }) {
  const [rate, setRate] = useState(String(node.samplingRate ?? 50));
  return (
    <form onSubmit={(e) => { e.preventDefault(); void set({ samplingRate: Number(rate) }); }}>
      <Labelled label="Into the variants, %" help="Evenly among them. The rest goes to the control, or leaves when there is none."><input type="number" min={0} max={100} step="any" required className="field" value={rate} onChange={(e) => setRate(e.target.value)} /></Labelled>
      <Save />
    </form>
  );
}

const Save = () => <button type="submit" className="button primary">Save</button>;

function Numbers({ found }: { found: Metrics }) {
  const shown: [string, number][] = [["Sent", found.sends], ["Opened", found.opens], ["Clicked", found.clicks], ["Unsubscribed", found.unsubscribes], ["Bounced", found.hardBounces], ["Spam reports", found.spamReports]];
  return <dl className="grid grid-cols-3 gap-x-3 gap-y-2 border-t line pt-3 mt-3">{shown.map(([name, value]) => <div key={name}><dt className="soft text-xs">{name}</dt><dd className="text-lg font-semibold tabular-nums">{number(value)}</dd></div>)}</dl>;
}

function Away({ workflow, node, edit }: { workflow: Workflow; node: WorkflowNode; edit: Edit }) {
  if (isTrigger(node) || node.typeName === "ExitAction") return null;
  const to = node.nextNodeIds[0], crowded = node.nextNodeIds.length === 1 && workflow.nodes.filter((n) => n.nextNodeIds.includes(to!)).length > 1 && !FORKS.includes(node.typeName);
  return (
    <div className="border-t line pt-3 mt-4 space-y-3">
      {crowded && <Labelled label="Leads to"><select className="field" value={to} onChange={(e) => void edit({ op: "reroute", node: node.id, target: e.target.value })}>{workflow.nodes.filter((n) => n.id !== node.id && !isTrigger(n) && n.typeName !== "VariantNode").map((n, i) => <option key={n.id} value={n.id}>{`${i + 1}. ${n.title}`}</option>)}</select></Labelled>}
      <div className="flex flex-wrap gap-2">
        {node.nextNodeIds.length === 1 && <Button act={() => edit({ op: "delete", node: node.id }, "Deleted.")}>Delete</Button>}
        <Button act={() => edit({ op: "delete-all", node: node.id }, "Deleted.")}>Delete with what only it leads to</Button>
      </div>
    </div>
  );
}

const Button = ({ act, children }: { act: () => unknown; children: ReactNode }) => <button type="button" className="button small danger" onClick={() => void act()}>{children}</button>;
