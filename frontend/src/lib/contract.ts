// What the API has, by its own description: a page that asks for anything else does not compile. `openapi.d.ts` is made at build.
import type { components, paths } from "./openapi";

export type Schemas = components["schemas"];
export type Method = "GET" | "POST" | "PATCH" | "PUT" | "DELETE";

type Known = keyof paths & string;
type Bare<P extends string> = P extends `${infer Path}?${string}` ? Path : P;
type Part<Asked, Has> = Has extends `{${string}}` ? true : string extends Asked ? false : Asked extends Has ? true : false;
type Same<Asked extends string, Has extends string> = Has extends `${infer H}/${infer Rest}`
  ? (Asked extends `${infer A}/${infer More}` ? (Part<A, H> extends true ? Same<More, Rest> : false) : false)
  : (Asked extends `${string}/${string}` ? false : Part<Asked, Has>);
type Found<M extends Method, P extends string> = { [K in Known]: Lowercase<M> extends keyof paths[K] ? (paths[K][Lowercase<M>] extends undefined ? never : Same<`/api/v1${Bare<P>}`, K> extends true ? K : never) : never }[Known];
type Operation<M extends Method, P extends string> = paths[Found<M, P>][Lowercase<M> & keyof paths[Found<M, P>]];

/** The path itself, if the API has it. */
export type Asks<M extends Method, P extends string> = P extends string ? ([Found<M, P>] extends [never] ? "The API has no such address." : P) : never;
/** What it answers. */
export type Reply<M extends Method, P extends string> = Operation<M, P> extends { responses: { 200: { content: infer C } } } ? (C extends { "application/json": infer R } ? R : string) : never;
/** What it takes. */
export type Body<M extends Method, P extends string> = Operation<M, P> extends { requestBody?: { content: { "application/json": infer B } } } ? B : undefined;
