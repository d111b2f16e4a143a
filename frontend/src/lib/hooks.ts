// What pages ask of the API: a query by its path, a page after page, an action with its note, the role of who looks.
import { keepPreviousData, useInfiniteQuery, useQuery, useQueryClient, type UseQueryResult } from "@tanstack/react-query";
import { useCallback, useEffect, useRef, useState } from "react";
import { toast } from "../ui/toast";
import type { Asks, Reply } from "./contract";
import { get, Problem, query, Stopped } from "./http";
import type { Page } from "./types";

interface Asking { every?: number; on?: boolean; keep?: boolean }
export function useGet<P extends string>(path: P extends Asks<"GET", P> ? P : Asks<"GET", P>, options: Asking = {}): UseQueryResult<Reply<"GET", P>> {
  return useQuery({ queryKey: [path], queryFn: () => get(path), refetchInterval: options.every ?? 10_000, enabled: options.on ?? true, placeholderData: options.keep ? keepPreviousData : undefined });
}

type Params = Record<string, string | number | undefined>;
interface List<T, P> { first?: P; rows?: T[]; error: Error | null; more?: () => void; busy: boolean }
/** A list by cursor: `rows` so far, `more` when there is more; `first` is the newest page with what stands beside its rows. */
export function useList<P extends string>(path: P extends Asks<"GET", P> ? P : Asks<"GET", P>, params?: Params, cursor?: string, every?: number): List<Reply<"GET", P> extends Page<infer T> ? T : never, Reply<"GET", P>>;
export function useList(path: string, params: Params = {}, cursor = "before", every = 10_000): List<unknown, unknown> {
  const found = useInfiniteQuery({
    queryKey: [path, params], initialPageParam: null as string | number | null, refetchInterval: every, placeholderData: keepPreviousData,
    queryFn: ({ pageParam }) => (get as unknown as (path: string) => Promise<Page<unknown>>)(`${path}${query({ ...params, [cursor]: pageParam })}`), getNextPageParam: (last) => last.next ?? undefined,
  });
  return { first: found.data?.pages[0], rows: found.data?.pages.flatMap((p) => p.data), error: found.error, more: found.hasNextPage ? () => void found.fetchNextPage() : undefined, busy: found.isFetchingNextPage };
}

/** Runs something that changes the workspace; says what it did or why not, then reads everything afresh. */
export function useAct() {
  const queries = useQueryClient();
  const [busy, setBusy] = useState(false);
  const pressed = useRef<Element>(null);
  useEffect(() => { // the button was disabled meanwhile, and lost the focus to nobody
    if (!busy && document.activeElement === document.body && pressed.current instanceof HTMLElement) pressed.current.focus();
  }, [busy]);
  const run = useCallback(async <T,>(what: () => Promise<T>, done?: string | ((value: T) => string)): Promise<T | undefined> => {
    pressed.current = document.activeElement;
    setBusy(true);
    try {
      const value = await what();
      if (done) toast(typeof done === "string" ? done : done(value));
      await queries.invalidateQueries();
      return value;
    } catch (error) { toast(error instanceof Error ? error.message : String(error), !(error instanceof Stopped)); return undefined; } finally { setBusy(false); }
  }, [queries]);
  return { run, busy };
}

const RANK: Record<string, number> = { viewer: 0, editor: 1, owner: 2 };
export function useMay(role: "editor" | "owner"): boolean {
  const { data } = useQuery({ queryKey: ["session"], queryFn: () => get("/session"), staleTime: 60_000 });
  return (RANK[data?.user.role ?? "viewer"] ?? 0) >= RANK[role]!;
}

export const missing = (error: unknown): boolean => error instanceof Problem && (error.status === 404 || error.status === 405);
