// What pages ask of the API: a query by its path, a page after page, an action with its note, the role of who looks.
import { keepPreviousData, useInfiniteQuery, useQuery, useQueryClient } from "@tanstack/react-query";
import { useCallback, useState } from "react";
import { toast } from "../ui/toast";
import { get, Problem, query, Stopped } from "./http";
import type { Page, Session } from "./types";

export const useGet = <T,>(path: string, options: { every?: number; on?: boolean; keep?: boolean } = {}) =>
  useQuery({ queryKey: [path], queryFn: () => get<T>(path), refetchInterval: options.every ?? 10_000, enabled: options.on ?? true, placeholderData: options.keep ? keepPreviousData : undefined });

/** A list by cursor: `rows` so far, `more` when there is more; `first` is the newest page with what stands beside its rows. */
export function useList<T, P extends Page<T> = Page<T>>(path: string, params: Record<string, string | number | undefined> = {}, cursor = "before", every = 10_000) {
  const found = useInfiniteQuery({
    queryKey: [path, params], initialPageParam: null as string | number | null, refetchInterval: every, placeholderData: keepPreviousData,
    queryFn: ({ pageParam }) => get<P>(path + query({ ...params, [cursor]: pageParam })), getNextPageParam: (last) => last.next ?? undefined,
  });
  return { first: found.data?.pages[0], rows: found.data?.pages.flatMap((p) => p.data), error: found.error, more: found.hasNextPage ? () => void found.fetchNextPage() : undefined, busy: found.isFetchingNextPage };
}

/** Runs something that changes the workspace; says what it did or why not, then reads everything afresh. */
export function useAct() {
  const queries = useQueryClient();
  const [busy, setBusy] = useState(false);
  const run = useCallback(async <T,>(what: () => Promise<T>, done?: string | ((value: T) => string)): Promise<T | undefined> => {
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
  const { data } = useQuery({ queryKey: ["session"], queryFn: () => get<Session>("/session"), staleTime: 60_000 });
  return (RANK[data?.user.role ?? "viewer"] ?? 0) >= RANK[role]!;
}

export const missing = (error: unknown): boolean => error instanceof Problem && (error.status === 404 || error.status === 405);
