// How an editor looks, in the page's own colours.
import { HighlightStyle } from "@codemirror/language";
import { tags } from "@lezer/highlight";
import { EditorView } from "codemirror";

export const THEME = EditorView.theme({
  "&": { backgroundColor: "var(--sunk)", color: "var(--text)", fontSize: "12.5px", border: "1px solid var(--edge)", borderRadius: "8px" },
  "&.cm-focused": { outline: "2px solid var(--accent)" },
  ".cm-scroller": { fontFamily: "ui-monospace, Menlo, 'DejaVu Sans Mono', monospace", lineHeight: "1.6", maxHeight: "480px" },
  ".cm-gutters": { backgroundColor: "transparent", color: "var(--soft)", border: "0" },
  ".cm-activeLine, .cm-activeLineGutter": { backgroundColor: "transparent" },
  ".cm-content": { caretColor: "var(--text)" },
  ".cm-cursor": { borderLeftColor: "var(--text)" },
  "&.cm-focused .cm-selectionBackground, .cm-selectionBackground": { backgroundColor: "var(--accent-soft) !important" },
  ".cm-tooltip": { backgroundColor: "var(--card)", color: "var(--text)", border: "1px solid var(--edge)", borderRadius: "6px" },
});

export const COLOURS = HighlightStyle.define([
  { tag: [tags.string, tags.special(tags.string)], color: "var(--good-text)" }, { tag: [tags.propertyName, tags.definition(tags.propertyName)], color: "var(--accent-text)" },
  { tag: [tags.number, tags.bool, tags.null, tags.keyword], color: "var(--wait-text)" }, { tag: [tags.tagName, tags.angleBracket], color: "var(--accent-text)" }, { tag: tags.attributeName, color: "var(--wait-text)" }, { tag: tags.comment, color: "var(--soft)" }, { tag: tags.invalid, color: "var(--bad-text)" },
]);
