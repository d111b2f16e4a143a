// One email of a workflow, opened from its node in the builder.
import { Link, useParams } from "react-router-dom";
import { useGet } from "../lib/hooks";
import { Trouble, Waiting } from "../ui/basics";
import { Heading, useTitle } from "../ui/page";
import { EmailEditor } from "./email-editor";

export default function EnginesEmail() {
  const { id = "" } = useParams();
  const { data: m, error } = useGet(`/engine/emails/${id}`, { every: 60_000 });
  useTitle(m?.subject || "Email");
  if (!m) return error ? <Trouble error={error} /> : <Waiting />;
  const back = m.kind === "workflow" ? { to: `/loops/workflows/${m.parent}`, label: "Workflow" } : { to: `/loops/transactional/${m.parent}`, label: "Transactional" };
  return (
    <>
      <Heading title={m.subject || "Email without a subject"} back={back} actions={<Link className="button" to={back.to}>{m.kind === "workflow" ? "Back to the workflow" : "Back"}</Link>}>
        {m.offered.eventName ? <>It can use the properties of the contact and of the event <b className="font-medium">{m.offered.eventName}</b>.</> : m.kind === "workflow" ? "It can use the properties of the contact. No event starts its workflow." : null}
      </Heading>
      <EmailEditor id={id} />
    </>
  );
}
