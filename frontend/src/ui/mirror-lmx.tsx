// The editor of LMX: tags are completed, problems are marked where they stand. Loaded only where an email is edited.
import { xml } from "@codemirror/lang-xml";
import { setDiagnostics } from "@codemirror/lint";
import { EditorView } from "codemirror";
import { useEffect } from "react";
import type { LmxProblem } from "../lib/emails";
import { useMirror } from "./mirror-view";

const INLINE = ["Strong", "Em", "Underline", "Strike", "Code", "Text", "Link", "Br"];
const BLOCKS = ["H1", "H2", "H3", "Paragraph", "Quote", "CodeBlock", "Button", "Image", "Divider", "OrderedList", "UnorderedList", "Columns", "Icons", "Section"];
const ROOM = ["blockColor", "blockBorderRadius", "paddingTop", "paddingRight", "paddingBottom", "paddingLeft"];
const ATTRIBUTES: Record<string, string[]> = {
  Button: ["href", "bgColor", "textColor", "borderRadius", "align"], Image: ["src", "alt", "href", "width", "align", "dynamicSrc"], Link: ["href"], Divider: ["width", "color", "borderWidth"],
  Columns: ["gap", "widths", "verticalAlignment", "stackOnMobile", "reverseOnMobile"], Section: ["href"], Icons: ["align", "gap", "size", "color"], Icon: ["name", "href"], OrderedList: ["start", "align"], Text: ["textColor"],
};
const HELD: Record<string, string[]> = { Columns: ["ColumnItem"], ColumnItem: BLOCKS, Section: BLOCKS, OrderedList: ["ListItem"], UnorderedList: ["ListItem"], Icons: ["Icon"], Button: [], CodeBlock: [], Image: [], Divider: [] };
const element = (name: string, top: boolean) => ({ name, top, children: HELD[name] ?? INLINE, attributes: [...(ATTRIBUTES[name] ?? ["fontSize", "lineHeight", "align"]), ...(top ? ROOM : [])].map((a) => ({ name: a })) });
const ELEMENTS = [...BLOCKS.map((b) => element(b, true)), ...[...INLINE, "ListItem", "ColumnItem", "Icon"].map((i) => element(i, false)), { name: "Style", top: true, children: [] }];

export interface Inserter { insert: (text: string) => void }
interface Props { value: string; change: (to: string) => void; problems: LmxProblem[]; inserter: { current: Inserter | null }; locked: boolean }

export default function MirrorLmx({ value, change, problems, inserter, locked }: Props) {
  const { place, view } = useMirror(value, change, "The email in LMX", () => [xml({ elements: ELEMENTS }), EditorView.editable.of(!locked)], [locked]);
  useEffect(() => {
    inserter.current = { insert: (text) => { view.current?.dispatch(view.current.state.replaceSelection(text)); view.current?.focus(); } };
    return () => { inserter.current = null; };
  }, []);
  useEffect(() => {
    const made = view.current;
    if (!made) return;
    const doc = made.state.doc;
    made.dispatch(setDiagnostics(made.state, problems.map((p) => {
      const line = doc.line(Math.min(Math.max(p.line, 1), doc.lines));
      const from = Math.min(line.from + p.column - 1, line.to);
      return { from, to: Math.max(from, Math.min(from + 12, line.to)), severity: p.severity, message: p.message };
    })));
  }, [problems]);
  return <div ref={place} />;
}
