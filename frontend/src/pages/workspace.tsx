import { useQuery } from "@tanstack/react-query";
import { get, type Page } from "../api";
import { Card, Code, Empty, Heading, Time, useTitle, Waiting } from "../ui";

export default function WorkspaceSettings() {
  useTitle("Workspace settings");
  const file = useQuery({ queryKey: ["export"], queryFn: () => get<string>("/workspace/export") });
  const changes = useQuery({ queryKey: ["changes"], queryFn: () => get<Page<{ id: number; at: string; who: string; what: string }>>("/workspace/changes") });
  return (
    <>
      <Heading title="Workspace settings" />
      <Card title="Export"><p className="soft mb-3">The workspace as a file, secrets as references. `headrace apply FILE` takes it back.</p>{file.data === undefined ? <Waiting /> : <Code text={file.data} />}</Card>
      <Card title="Audit log" pad={false}>{!changes.data ? <Waiting /> : !changes.data.data.length ? <Empty title="No changes yet" /> : <table><thead><tr><th>When</th><th>Who</th><th>What</th></tr></thead><tbody>{changes.data.data.map((c) => <tr key={c.id}><td><Time at={c.at} /></td><td>{c.who}</td><td>{c.what}</td></tr>)}</tbody></table>}</Card>
    </>
  );
}
