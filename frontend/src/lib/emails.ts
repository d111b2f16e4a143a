// The JSON of emails, and what the editor does with it.
export interface LmxProblem { line: number; column: number; message: string; rule: string; severity: "error" | "warning"; path: string }
export type Space = "contact" | "event" | "data";
export interface EmailMessage {
  id: string; kind: "workflow" | "transactional"; parent: string; draft: boolean; subject: string; previewText: string; fromName: string; fromEmail: string; replyToEmail: string;
  ccEmail: string; bccEmail: string; languageCode: string; emailFormat: "styled" | "plain"; lmx: string; contentRevisionId: string; updatedAt: string; fallbacks: Record<Space, Record<string, string>>;
  offered: { contact: { name: string; label: string }[]; event: string[]; eventName: string | null; system: string[] };
}
export interface Rule { rule: string; title: string; description: string; items: { label: string; codeName?: string }[] }
export interface Used { space: string; name: string; value: string | null; fallback: string | null }
export interface EmailPreview {
  problems: LmxProblem[]; wrong: string[]; errors: Rule[]; warnings: Rule[]; subject: string; text: string; reason: string | null; variables: Used[]; frame: string | null;
  filled: { contact?: { id: string; email: string } | null; log?: { id: string; at: string; eventName: string } | null };
}
export interface TransactionalEmail {
  id: string; name: string; state: "draft" | "published" | "changed"; draft: string | null; published: string | null; subject: string; createdAt: string; updatedAt: string; counts: Record<string, number>;
}
export interface OneTransactional extends TransactionalEmail { dataVariables: string[]; problems: string[]; example: { url: string; body: unknown } }
export interface SendRow { id: string; kind: string; email: string; subject: string; state: string; why: string; at: string; sentAt: string | null }

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
