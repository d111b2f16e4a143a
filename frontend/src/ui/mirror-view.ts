// CodeMirror 6 in a shadow root: its styles become an adopted sheet there, which the strict content policy allows.
import { syntaxHighlighting } from "@codemirror/language";
import { basicSetup, EditorView } from "codemirror";
import { type DependencyList, useEffect, useRef } from "react";
import { COLOURS, THEME } from "./mirror-theme";

type Extension = NonNullable<NonNullable<ConstructorParameters<typeof EditorView>[0]>["extensions"]>;

/** An editor in `place`, made anew when one of `again` changes; the document is its own after it is made. */
export function useMirror(value: string, change: (to: string) => void, label: string, more: () => Extension, again: DependencyList) {
  const place = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView>(null);
  const told = useRef(change);
  told.current = change;
  useEffect(() => {
    const root = place.current!.shadowRoot ?? place.current!.attachShadow({ mode: "open" });
    const made = new EditorView({
      doc: value, parent: root, root,
      extensions: [basicSetup, more(), THEME, syntaxHighlighting(COLOURS), EditorView.lineWrapping, EditorView.contentAttributes.of({ "aria-label": label }),
        EditorView.updateListener.of((u) => { if (u.docChanged) told.current(u.state.doc.toString()); })],
    });
    view.current = made;
    return () => made.destroy();
  }, [label, ...again]);
  useEffect(() => {
    const made = view.current;
    if (made && made.state.doc.toString() !== value) made.dispatch({ changes: { from: 0, to: made.state.doc.length, insert: value } });
  }, [value]);
  return { place, view };
}
