// The official npm `loops` client against the engine: create, update, find, delete, properties, lists, events.
const { LoopsClient, APIError } = require("loops");
const { ENGINE, ENGINE_KEY, LIST } = process.env;
const assert = require("node:assert");
const loops = new LoopsClient(ENGINE_KEY);
loops.apiRoot = `${ENGINE}/api/`;

async function status(work) {
  try { await work(); return 200; } catch (error) { if (error instanceof APIError) return error.statusCode; throw error; }
}

(async () => {
  assert.equal((await loops.testApiKey()).success, true);
  const email = "grace@example.com";
  const made = await loops.createContact({ email, properties: { firstName: "Grace" }, mailingLists: { [LIST]: true } });
  assert.ok(made.success && made.id);
  assert.equal(await status(() => loops.createContact({ email })), 409);
  await loops.createContactProperty("shipName", "string");
  assert.equal(await status(() => loops.createContactProperty("shipName", "string")), 400);
  assert.ok((await loops.listContactProperties("custom")).some((p) => p.key === "shipName" && p.label === "Ship Name"));
  await loops.updateContact({ email, userId: "g1", properties: { shipName: "Hopper" } });
  const [found] = await loops.findContact({ userId: "g1" });
  assert.equal(found.shipName, "Hopper");
  assert.deepEqual(found.mailingLists, { [LIST]: true });
  assert.ok((await loops.listMailingLists()).some((l) => l.id === LIST));
  const event = { email, eventName: "compiled", eventProperties: { lines: 7 }, headers: { "Idempotency-Key": "once" } };
  assert.equal(await status(() => loops.sendEvent(event)), 200);
  assert.equal(await status(() => loops.sendEvent(event)), 409);
  assert.equal((await loops.deleteContact({ email })).success, true);
  assert.deepEqual(await loops.findContact({ email }), []);
  console.log("well");
})().catch((error) => { console.error(error); process.exit(1); });
