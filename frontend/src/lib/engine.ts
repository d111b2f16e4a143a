// What the pages of Loops (built-in) share: its types, questions with a body, and the words of filters.
import { keepPreviousData, useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { call } from "./http";
import type { Schemas } from "./contract";

export type Property = Schemas["ContactProperty"];
export type Key = Schemas["Key"];
export type Note = Schemas["Note"];
export type Sent = Schemas["LoggedEmail"];
export type LogEntry = Schemas["LogEntry"];
export type FullContact = Schemas["Contact"];
export type Moment = Schemas["Moment"];
export type Happened = Moment["kind"];
export type Import = Schemas["Import"];
export type Color = NonNullable<Schemas["NewList"]["color"]>;
// A filter is written as in Loops' API, which the engine itself reads: to the control API it is JSON.
export type Range = { from: string; to: string };
export type PropertyCondition = { type: "property"; key: string; operator: string; value?: string | number | Range };
export type OptInCondition = { type: "optIn"; status: string | null };
export type ActivityCondition = { type: "activity"; action: string; target: string; id: string; negate: boolean; times?: number };
export type Condition = PropertyCondition | OptInCondition | ActivityCondition;
export type Filter = { match: "all" | "any"; conditions: Condition[] };
export type Segment = Omit<Schemas["Segment"], "filter"> & { filter: Filter };

export const COLORS = ["gray", "red", "orange", "yellow", "green", "teal", "blue", "purple", "pink"] as const;

/** Contacts that a search and a filter find, page after page. */
export function useContacts(search: string, filter: Filter | null) {
  const found = useInfiniteQuery({
    queryKey: ["/engine/contacts/query", search, filter], initialPageParam: null as string | null, refetchInterval: 5000, placeholderData: keepPreviousData, retry: false,
    queryFn: ({ pageParam }) => call("POST", "/engine/contacts/query", { search, filter, cursor: pageParam, limit: 50 }),
    getNextPageParam: (last) => (last.next as string | null) ?? undefined,
  });
  return { rows: found.data?.pages.flatMap((p) => p.data), error: found.error, more: found.hasNextPage ? () => void found.fetchNextPage() : undefined, busy: found.isFetchingNextPage };
}

export const useCount = (search: string, filter: Filter | null) =>
  useQuery({ queryKey: ["/engine/contacts/count", search, filter], refetchInterval: 10_000, placeholderData: keepPreviousData, retry: false, queryFn: () => call("POST", "/engine/contacts/count", { search, filter }) }).data?.count;

const TEXT: [string, string][] = [["equals", "is"], ["notEquals", "is not"], ["contains", "contains"], ["notContains", "does not contain"], ["empty", "is empty"], ["notEmpty", "is not empty"], ["any", "is anything"]];
const NUMBER: [string, string][] = [["equals", "="], ["notEquals", "≠"], ["greaterThan", "is greater than"], ["lessThan", "is less than"], ["empty", "is empty"], ["notEmpty", "is not empty"], ["any", "is anything"]];
const BOOLEAN: [string, string][] = [["isTrue", "is true"], ["isFalse", "is false"], ["empty", "is empty"], ["notEmpty", "is not empty"], ["any", "is anything"]];
const DATE: [string, string][] = [["after", "is after"], ["before", "is before"], ["between", "is between"], ["dateEmpty", "is empty"], ["dateNotEmpty", "is not empty"], ["any", "is anything"]];
const ALL: [string, string][] = [...TEXT, ["greaterThan", "is greater than"], ["lessThan", "is less than"], ["isTrue", "is true"], ["isFalse", "is false"], ["after", "is after"], ["before", "is before"], ["between", "is between"], ["dateEmpty", "has no date"], ["dateNotEmpty", "has a date"]];
/** The operators a type is offered; one that a filter has already is offered, too. */
export function operators(type: string, now: string): [string, string][] {
  const found = { number: NUMBER, boolean: BOOLEAN, date: DATE }[type] ?? TEXT;
  return found.some(([key]) => key === now) ? found : [...found, ALL.find(([key]) => key === now) ?? [now, now]];
}
export const bare = (operator: string): boolean => ["any", "isTrue", "isFalse", "empty", "notEmpty", "dateEmpty", "dateNotEmpty"].includes(operator);
export const startOf = (type: string): string => operators(type, "any")[0]![0];

const DID: Record<string, string> = { received: "sent", sent: "was sent", opened: "opened", clicked: "clicked in" };
/** One condition in a few words, for where there is no room for a form. */
export function inWords(c: Condition): string {
  if (c.type === "optIn") return `opt-in ${c.status ?? "not asked"}`;
  if (c.type === "activity") return `${c.negate ? "not: " : ""}${DID[c.action] ?? c.action} ${c.target === "event" ? `${c.id}${c.times ? ` ${c.times} times or more` : ""}` : c.target === "workflowEmail" ? "an email" : "a workflow’s email"}`;
  const text = ALL.find(([key]) => key === c.operator)?.[1] ?? c.operator;
  const value = typeof c.value === "object" ? `${day(c.value.from)} and ${day(c.value.to)}` : c.value === undefined ? "" : day(String(c.value));
  return `${c.key} ${text} ${value}`.trim();
}
const day = (value: string): string => value.replace(/^(\d{4}-\d\d-\d\d)T.*/, "$1");

/** Whether nothing is missing in it. */
export const complete = (filter: Filter): boolean => filter.conditions.every((c) => c.type === "optIn" || (c.type === "activity" ? c.id !== "" : bare(c.operator) || (typeof c.value === "object" ? !!c.value.from && !!c.value.to : c.value !== undefined && c.value !== "")));

/** A value as a person wrote it, as its property's type. */
export function typed(type: string, text: string): string | number | boolean | null {
  if (text === "") return null;
  if (type === "boolean") return text === "true";
  return type === "number" && text.trim() !== "" && Number.isFinite(Number(text)) ? Number(text) : text;
}
