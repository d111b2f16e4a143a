// Text to read and copy: snippets and JSON, coloured by a tokenizer of a few lines (an editor is loaded only to edit).
import { type ReactNode } from "react";
import { Copy } from "./basics";

const TOKEN = /("(?:[^"\\]|\\.)*")(\s*:)?|\b(true|false|null)\b|(-?\b\d+(?:\.\d+)?(?:[eE][+-]?\d+)?\b)/g;

function coloured(text: string): ReactNode[] {
  const out: ReactNode[] = [];
  let at = 0;
  for (const m of text.matchAll(TOKEN)) {
    out.push(text.slice(at, m.index));
    const tone = m[2] ? "text-accent-text" : m[1] ? "text-good-text" : "text-wait-text";
    out.push(<span key={m.index} className={tone}>{m[1] ?? m[0]}</span>, m[2] ?? "");
    at = m.index + m[0].length;
  }
  out.push(text.slice(at));
  return out;
}

export function Code({ text, json = false, copy = true, label, tall = false }: { text: string; json?: boolean; copy?: boolean; label?: string; tall?: boolean }) {
  return (
    <div className="sunk rounded-lg border line relative group">
      <pre className={`p-3 ${copy ? "pr-24" : ""} ${tall ? "max-h-[44rem]" : "max-h-96"} overflow-auto rounded-lg`} tabIndex={0} role="region" aria-label={label ?? "Text"}>{json ? coloured(text) : text}</pre>
      {copy && <div className="absolute top-1.5 right-1.5"><Copy text={text} /></div>}
    </div>
  );
}
export const Json = ({ value, label, tall }: { value: unknown; label?: string; tall?: boolean }) => <Code json tall={tall} label={label ?? "JSON"} text={JSON.stringify(value, null, 2) ?? "–"} />;
