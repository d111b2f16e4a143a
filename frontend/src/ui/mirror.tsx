// CodeMirror 6 in a shadow root: its styles become an adopted sheet there, which the strict content policy allows.
import { javascript } from "@codemirror/lang-javascript";
import { json } from "@codemirror/lang-json";
import { HighlightStyle, syntaxHighlighting } from "@codemirror/language";
import { tags } from "@lezer/highlight";
import { basicSetup, EditorView } from "codemirror";
import { useEffect, useRef } from "react";
import type { EditorProps } from "./editor";

const THEME = EditorView.theme({
  "&": { backgroundColor: "var(--sunk)", color: "var(--text)", fontSize: "12.5px", border: "1px solid var(--edge)", borderRadius: "8px" },
  "&.cm-focused": { outline: "2px solid var(--accent)" },
  ".cm-scroller": { fontFamily: "ui-monospace, Menlo, 'DejaVu Sans Mono', monospace", lineHeight: "1.6", maxHeight: "480px" },
  ".cm-gutters": { backgroundColor: "transparent", color: "var(--soft)", border: "0" },
  ".cm-activeLine, .cm-activeLineGutter": { backgroundColor: "transparent" },
  ".cm-content": { caretColor: "var(--text)" },
  ".cm-cursor": { borderLeftColor: "var(--text)" },
  "&.cm-focused .cm-selectionBackground, .cm-selectionBackground": { backgroundColor: "var(--accent-soft) !important" },
});

const COLOURS = HighlightStyle.define([
  { tag: [tags.string, tags.special(tags.string)], color: "var(--good-text)" }, { tag: [tags.propertyName, tags.definition(tags.propertyName)], color: "var(--accent-text)" },
  { tag: [tags.number, tags.bool, tags.null, tags.keyword], color: "var(--wait-text)" }, { tag: tags.comment, color: "var(--soft)" }, { tag: tags.invalid, color: "var(--bad-text)" },
]);

export default function Mirror({ value, change, language, label }: EditorProps) {
  const place = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView>(null);
  const told = useRef(change);
  told.current = change;
  useEffect(() => {
    const root = place.current!.shadowRoot ?? place.current!.attachShadow({ mode: "open" });
    const made = new EditorView({
      doc: value, parent: root, root,
      extensions: [basicSetup, language === "json" ? json() : javascript(), THEME, syntaxHighlighting(COLOURS), EditorView.lineWrapping, EditorView.contentAttributes.of({ "aria-label": label }),
        EditorView.updateListener.of((u) => { if (u.docChanged) told.current(u.state.doc.toString()); })],
    });
    view.current = made;
    return () => made.destroy();
  // the document is the editor's own after it is made
  }, [language, label]);
  useEffect(() => {
    const made = view.current;
    if (made && made.state.doc.toString() !== value) made.dispatch({ changes: { from: 0, to: made.state.doc.length, insert: value } });
  }, [value]);
  return <div ref={place} />;
}
