// What the API asks before it saves (409): what becomes of what waits, and whether twice is meant. Asked as a dialog, then sent again.
import { useState } from "react";
import { moment, plural } from "../lib/format";
import type { Asks, Body, Method, Reply } from "../lib/contract";
import { call, Problem, Stopped } from "../lib/http";
import { Answers, Dialog, show } from "../ui/dialog";

interface Waits { question: "waiting"; why: string; destination: string; waiting: number; oldest: number | null }
interface Twice { question: "twice"; destination: string; others: Record<string, string[]> }
type Asked = Waits | Twice;
type Answer = { waiting: string } | { twice: true };

/** `call`, and again with each answer that it asks for. Raises Stopped when somebody closes the question. */
export async function answered<M extends Method, P extends string>(method: M, path: P extends Asks<M, P> ? P : Asks<M, P>, body: Body<M, P>): Promise<Reply<M, P>> {
  try { return await call(method, path, body); } catch (problem) {
    const asked = problem instanceof Problem && problem.status === 409 ? problem.more as unknown as Asked : undefined;
    if (asked?.question !== "waiting" && asked?.question !== "twice") throw problem;
    const answer = await show<Answer>((done) => asked.question === "waiting" ? <Waiting asked={asked} done={done} /> : <Double asked={asked} done={done} />);
    if (!answer) throw new Stopped();
    return answered(method, path, { ...body as object, ...answer } as Body<M, P>);
  }
}

type Choice = "send" | "drop" | "since";
const HOUR = 3_600_000;

function Waiting({ asked: q, done }: { asked: Waits; done: (answer?: Answer) => void }) {
  const [choice, setChoice] = useState<Choice>();
  const [since, setSince] = useState(() => local(Math.max(q.oldest ?? 0, Date.now() - HOUR)));
  const events = plural(q.waiting, "event");
  const choices: [Choice, string, string][] = [
    ["send", `Send ${q.waiting === 1 ? "it" : "all of them"}`, q.oldest ? `The oldest came ${moment(new Date(q.oldest).toISOString())}.` : "In the order in which they came."],
    ["since", "Send only what came since", "What came before becomes failed events: kept, and replayable."],
    ["drop", "Send only what comes from now on", `${q.waiting === 1 ? "It becomes a failed event" : "They become failed events"}: kept, and replayable.`],
  ];
  const usable = choice !== undefined && (choice !== "since" || !Number.isNaN(Date.parse(since)));
  const go = () => done({ waiting: choice === "since" ? `since:${new Date(since).toISOString()}` : choice! });
  return (
    <Dialog title={`${events} ${q.waiting === 1 ? "waits" : "wait"} for ${q.destination}`} close={() => done()}>
      <p className="soft mb-3">{q.why}. What shall become of {q.waiting === 1 ? "it" : "them"}?</p>
      <fieldset><legend className="sr-only">What waits</legend>
        {choices.map(([key, label, help]) => (
          <div key={key} className="flex gap-2.5 items-start py-1.5">
            <input type="radio" id={`waits-${key}`} name="waiting" className="mt-[3px]" checked={choice === key} onChange={() => setChoice(key)} aria-describedby={`waits-${key}-help`} />
            <span className="grow"><label htmlFor={`waits-${key}`} className="font-medium">{label}</label><span id={`waits-${key}-help`} className="soft text-sm block">{help}</span>
              {key === "since" && choice === "since" && <input type="datetime-local" step={1} className="field !w-auto mt-1.5" aria-label="Time" value={since} onChange={(e) => setSince(e.target.value)} />}</span>
          </div>
        ))}
      </fieldset>
      <Answers action="Save" disabled={!usable} cancel={() => done()} go={go} />
    </Dialog>
  );
}

function Double({ asked: q, done }: { asked: Twice; done: (answer?: Answer) => void }) {
  return (
    <Dialog title="Every event would arrive twice" close={() => done()}>
      <ul className="mb-3">{Object.entries(q.others).map(([other, sources]) => <li key={other}><b className="font-semibold">{sources.join(", ")}</b> reaches this account already, over <b className="font-semibold">{other}</b>.</li>)}</ul>
      <p className="soft">With {q.destination} the same people get each event a second time, and a workflow that it starts runs twice. Connect another source, or disconnect one of the two.</p>
      <Answers action="Save all the same" danger cancel={() => done()} go={() => done({ twice: true })} />
    </Dialog>
  );
}

/** As an input of the type datetime-local wants it. */
const local = (at: number): string => new Date(at - new Date(at).getTimezoneOffset() * 60_000).toISOString().slice(0, 19);
