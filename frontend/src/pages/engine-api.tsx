import { useQuery } from "@tanstack/react-query";
import { get, type Page } from "../api";
import { Card, Heading, Time, useTitle, Waiting } from "../ui";

export default function EngineApi() {
  useTitle("API");
  const keys = useQuery({ queryKey: ["keys"], queryFn: () => get<Page<{ id: string; name: string; createdAt: string }>>("/engine/keys") });
  const properties = useQuery({ queryKey: ["properties"], queryFn: () => get<Page<{ key: string; label: string; type: string }>>("/engine/properties") });
  return (
    <>
      <Heading title="API">Keys and contact properties of Loops (built-in). `headrace up` and `headrace status` show the key.</Heading>
      <Card title="API keys" pad={false}>{!keys.data ? <Waiting /> : <table><thead><tr><th>Name</th><th>Created</th></tr></thead><tbody>{keys.data.data.map((k) => <tr key={k.id}><td>{k.name}</td><td><Time at={k.createdAt} /></td></tr>)}</tbody></table>}</Card>
      <Card title="Contact properties" pad={false}>{!properties.data ? <Waiting /> : <table><thead><tr><th>Name</th><th>API name</th><th>Type</th></tr></thead><tbody>{properties.data.data.map((p) => <tr key={p.key}><td>{p.label}</td><td><code>{p.key}</code></td><td>{p.type}</td></tr>)}</tbody></table>}</Card>
    </>
  );
}
