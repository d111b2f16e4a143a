// Whether this Headrace has an endpoint, as its OpenAPI says: a tab or button that needs one is drawn only then.
import { useQuery } from "@tanstack/react-query";
import { get } from "./http";

interface OpenApi { paths: Record<string, Record<string, unknown>> }

export function useHas(method: string, path: string): boolean {
  const { data } = useQuery({ queryKey: ["openapi"], queryFn: () => get<OpenApi>("/openapi.json"), staleTime: Infinity });
  const wanted = `/api/v1${path}`.replace(/\{\w+\}/g, "{}");
  return Object.entries(data?.paths ?? {}).some(([p, methods]) => p.replace(/\{\w+\}/g, "{}") === wanted && method.toLowerCase() in methods);
}
