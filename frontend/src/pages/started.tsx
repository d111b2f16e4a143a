// What to do first, where nothing came in yet: the snippet of the first source, or Try it.
import { Link } from "react-router-dom";
import { useGet } from "../lib/hooks";

export function Started() {
  const source = useGet("/sources").data?.data[0];
  return <><Link className="button primary" to={source ? `/sources/${source.id}` : "/sources"}>{source ? "Copy the snippet" : "New source"}</Link><Link className="button" to="/try">Try it</Link></>;
}
