// Reads the calls a person typed, without running them: the policy forbids eval, so the syntax tree is read for literals.
import { javascriptLanguage } from "@codemirror/lang-javascript";

export interface Call { name: string; args: unknown[] }
const KNOWN = ["identify", "track", "page", "group", "alias", "reset"];
type Node = ReturnType<typeof javascriptLanguage.parser.parse>["topNode"];

/** Raises an Error that says which line cannot be understood. */
export function calls(text: string): Call[] {
  const found: Call[] = [];
  const tree = javascriptLanguage.parser.parse(text);
  tree.iterate({ enter: (ref) => { if (ref.type.isError) throw new Error(`Line ${lineOf(text, ref.from)}: this is not JavaScript as it stands.`); } });
  for (let node = tree.topNode.firstChild; node; node = node.nextSibling) {
    if (/Comment$|^;$/.test(node.name)) continue;
    const call = node.name === "ExpressionStatement" ? node.firstChild : null;
    const name = call?.name === "CallExpression" && call.firstChild ? text.slice(call.firstChild.from, call.firstChild.to).replace(/^rudderanalytics\./, "") : "";
    const args = call?.getChild("ArgList");
    if (!args || !KNOWN.includes(name)) throw new Error(`Line ${lineOf(text, node.from)}: only the calls ${KNOWN.join(", ")} are run here.`);
    found.push({ name, args: inside(args).map((a) => value(a, text)) });
  }
  return found;
}

const inside = (node: Node): Node[] => { const out: Node[] = []; for (let n = node.firstChild; n; n = n.nextSibling) if (!/^[()[\]{},:]$|Comment$/.test(n.name)) out.push(n); return out; };
const lineOf = (text: string, at: number): number => text.slice(0, at).split("\n").length;

function value(node: Node, text: string): unknown {
  const raw = text.slice(node.from, node.to);
  switch (node.name) {
    case "String": return string(raw);
    case "Number": return Number(raw);
    case "BooleanLiteral": return raw === "true";
    case "null": return null;
    case "UnaryExpression": if (/^-\s*[\d.]+$/.test(raw)) return Number(raw.replace(/\s/g, "")); break;
    case "ArrayExpression": return inside(node).map((n) => value(n, text));
    case "ObjectExpression": return Object.fromEntries(inside(node).map((p) => { const [key, held] = inside(p); if (!key || !held) throw new Error(`Line ${lineOf(text, p.from)}: write name: value.`); const name = text.slice(key.from, key.to); return [/^["']/.test(name) ? string(name) : name, value(held, text)]; }));
  }
  throw new Error(`Line ${lineOf(text, node.from)}: "${raw.slice(0, 40)}" is not a plain value. Only texts, numbers, true, false, null, lists and objects are understood here.`);
}

const string = (raw: string): string => raw.startsWith("'") ? JSON.parse(`"${raw.slice(1, -1).replace(/\\'/g, "'").replace(/(?<!\\)"/g, '\\"')}"`) as string : JSON.parse(raw) as string;
