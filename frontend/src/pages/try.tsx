// Try it: the three calls in an editor, run by the real SDK in this page, with their trail beside it.
import { useState } from "react";
import { Link } from "react-router-dom";
import { useGet } from "../lib/hooks";
import type { Source } from "../lib/types";
import { Empty, Trouble, Waiting } from "../ui/basics";
import { Editor } from "../ui/editor";
import { Select } from "../ui/fields";
import { Icon } from "../ui/icons";
import { Card, Heading, useTitle } from "../ui/page";
import { Trails } from "./trail";

const three = (list?: string): string => `// create or update a contact
rudderanalytics.identify("test-1", { email: "test-1@example.com", firstName: "Adrian", lastName: "Brown" });

// put it on a mailing list
rudderanalytics.identify("test-1", { email: "test-1@example.com", mailingLists: { "${list ?? "<list id>"}": true } });

// send an event
rudderanalytics.track("newUser", { plan: "Pro Annual", accountType: "Facebook" });
`;

export default function TryIt() {
  useTitle("Try it");
  const sources = useGet("/sources");
  const lists = useGet("/engine/lists", { every: 60_000 });
  if (!sources.data || lists.isPending) return <Waiting />;
  if (!sources.data.data.length) return <Card><Empty title="There is no source yet" actions={<Link className="button primary" to="/sources">New source</Link>}>A source has the write key that the calls are made with.</Empty></Card>;
  return <Bench sources={sources.data.data} first={three(lists.data?.data[0]?.id)} />;
}

function Bench({ sources, first }: { sources: Source[]; first: string }) {
  const [id, setId] = useState(sources[0]!.id);
  const [text, setText] = useState(first);
  const [error, setError] = useState<unknown>();
  const [busy, setBusy] = useState(false);
  const [since, setSince] = useState<string>();
  const source = sources.find((s) => s.id === id) ?? sources[0]!;
  const run = async () => {
    setBusy(true); setError(undefined);
    try {
      const [{ calls }, { make }] = await Promise.all([import("../lib/calls"), import("../lib/sdk")]);
      const found = calls(text);
      setSince(new Date(Date.now() - 2000).toISOString());
      await make(found, source.write_key, source.data_plane_url ?? "");
    } catch (problem) { setError(problem); } finally { setBusy(false); }
  };
  return (
    <>
      <Heading title="Try it">The three calls, made by RudderStack's own SDK in this page. Loops sends no mail to @example.com addresses.</Heading>
      <div className="grid xl:grid-cols-2 gap-4 items-start">
        <Card title="The calls" actions={<Select label="Source" value={source.id} options={sources.map((s) => [s.id, s.name])} change={setId} />} className="!mb-0">
          <Editor label="The calls" language="javascript" value={text} change={setText} />
          {error !== undefined && <div className="mt-3"><Trouble error={error} /></div>}
          <div className="flex gap-2 mt-3"><button type="button" className="button primary" disabled={busy} onClick={run}><Icon name="play" size={13} />{busy ? "Running …" : "Run"}</button><button type="button" className="button" onClick={() => setText(first)}>Start over</button></div>
        </Card>
        <Card title="What becomes of them" className="!mb-0">{since ? <Trails source={source} since={since} /> : <Empty title="Press Run">Each call is followed from here: received, sent, contact, event.</Empty>}</Card>
      </div>
      <p className="soft mt-4">The same in the terminal: <code className="inline-code">headrace demo</code>; single calls: <code className="inline-code">headrace send</code>.</p>
    </>
  );
}
