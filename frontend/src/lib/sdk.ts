// The real browser SDK, loaded into this page with one source's write key; it keeps nothing on this machine.
import type { Call } from "./calls";

type Sdk = Record<string, (...args: unknown[]) => unknown>;
let ready: { key: string; sdk: Promise<Sdk> } | undefined;

async function start(key: string, gateway: string): Promise<Sdk> {
  const { RudderAnalytics } = await import("@rudderstack/analytics-js/bundled");
  const sdk = new RudderAnalytics() as unknown as Sdk;
  sdk.load!(key, gateway, { configUrl: gateway, polyfillIfRequired: false, storage: { type: "memoryStorage" }, queueOptions: { minRetryDelay: 500 }, sendAdblockPage: false });
  await new Promise<void>((resolve, reject) => {
    const late = setTimeout(() => reject(new Error("The SDK did not get ready. Can this browser reach the data plane URL?")), 10_000);
    sdk.ready!(() => { clearTimeout(late); resolve(); });
  });
  return sdk;
}

export async function make(found: Call[], key: string, gateway: string): Promise<void> {
  if (ready?.key !== key) ready = { key, sdk: start(key, gateway) };
  try {
    const sdk = await ready.sdk;
    for (const call of found) sdk[call.name]?.(...call.args);
  } catch (error) { ready = undefined; throw error; }
}
