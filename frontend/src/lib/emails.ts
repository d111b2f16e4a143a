// The JSON of emails, and what the editor does with it.
import type { Schemas } from "./contract";

export type LmxProblem = Schemas["EmailProblem"];
export type EmailMessage = Schemas["EmailMessage"];
export type Space = keyof EmailMessage["fallbacks"];
export type EmailPreview = Schemas["EmailPreview"];
export type Used = Schemas["Used"];
export type TransactionalEmail = Schemas["Transactional"];
export type OneTransactional = Schemas["OneTransactional"];
export type SendRow = Schemas["EmailSend"];

const FALLBACKS: Record<Space, string> = { contact: "contactPropertiesFallbacks", event: "eventPropertiesFallbacks", data: "dataVariablesFallbacks" };
const FIELDS = ["subject", "previewText", "fromName", "fromEmail", "replyToEmail", "ccEmail", "bccEmail", "languageCode", "emailFormat", "lmx"] as const;
export type Field = (typeof FIELDS)[number];
export type Draft = Record<Field, string> & { fallbacks: EmailMessage["fallbacks"] };
export const draftOf = (m: EmailMessage): Draft => ({ ...(Object.fromEntries(FIELDS.map((f) => [f, m[f]])) as Record<Field, string>), fallbacks: m.fallbacks });

/** What the API takes: fields, and fallbacks key by key (null takes one away). */
export function body(draft: Draft, stored: EmailMessage): Record<string, unknown> {
  const given: Record<string, unknown> = Object.fromEntries(FIELDS.map((f) => [f, draft[f]]));
  for (const space of Object.keys(FALLBACKS) as Space[]) {
    const gone = Object.keys(stored.fallbacks[space]).filter((k) => !(k in draft.fallbacks[space]));
    given[FALLBACKS[space]] = { ...draft.fallbacks[space], ...Object.fromEntries(gone.map((k) => [k, null])) };
  }
  return given;
}

export const STARTS: [label: string, lmx: string][] = [
  ["Heading", "<H1>Heading</H1>\n"], ["Paragraph", "<Paragraph>Text</Paragraph>\n"], ["Button", '<Button href="https://">Label</Button>\n'], ["Image", '<Image src="https://" alt="" />\n'], ["Divider", "<Divider />\n"],
  ["List", "<UnorderedList>\n  <ListItem>First</ListItem>\n  <ListItem>Second</ListItem>\n</UnorderedList>\n"], ["Columns", "<Columns>\n  <ColumnItem>\n    <Paragraph>Left</Paragraph>\n  </ColumnItem>\n  <ColumnItem>\n    <Paragraph>Right</Paragraph>\n  </ColumnItem>\n</Columns>\n"],
  ["Section", '<Section blockColor="#f4f4f5" blockBorderRadius="8">\n  <Paragraph>Text</Paragraph>\n</Section>\n'],
];
