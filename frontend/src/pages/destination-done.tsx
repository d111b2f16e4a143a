// The end of New destination: it is connected; a first test event is offered.
import { Link } from "react-router-dom";
import type { Destination, Source } from "../lib/types";
import { Notice } from "../ui/basics";
import { Code } from "../ui/code";
import { Card, Heading } from "../ui/page";

export function Done({ destination, source }: { destination: Destination; source?: Source }) {
  const halted = destination.health.state === "paused";
  return (
    <div className="max-w-2xl">
      <Heading title={`${destination.name} is connected`}>{source ? `From now on it takes what ${source.name} sends.` : "Connect a source under its Sources tab."}</Heading>
      {halted && <Notice tone="bad">{destination.health.reason}</Notice>}
      {source && (
        <Card title="Send a first test event" note="Loops processes events to @example.com and sends no mail to them.">
          <Code text={`curl -u ${source.write_key}: ${source.data_plane_url}/v1/identify -H 'Content-Type: application/json' \\\n  -d '{"userId":"test-1","traits":{"email":"test-1@example.com","firstName":"Test"}}'`} />
        </Card>
      )}
      <div className="flex gap-2"><Link className="button primary" to={`/destinations/${destination.id}/events`}>Open the destination</Link><Link className="button" to="/try">Try it in this page</Link></div>
    </div>
  );
}
