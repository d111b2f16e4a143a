// The official RudderStack Node SDK, kept running: says what it is told on a line each, and tells at "end" what was acknowledged.
const RudderAnalytics = require("@rudderstack/rudder-sdk-node");
const { GATEWAY, WRITE_KEY } = process.env;
// One flush at a time: two that wait for a third would leave side by side, in any order.
const client = new RudderAnalytics(WRITE_KEY, { dataPlaneUrl: GATEWAY, flushAt: 1000, retryCount: 10, logLevel: "none" });
const acknowledged = [];
let open = 0;

async function flush() {
  while (client.queue.length) await client.flush().catch(() => {}); // whoever gave up is told by the callbacks
  setTimeout(flush, 50);
}

function say({ type, ...message }) {
  open += 1;
  client[type](message, (error) => {
    open -= 1;
    if (!error) acknowledged.push(message.messageId);
  });
}

function end() {
  if (open) return setTimeout(end, 20);
  console.log(JSON.stringify(acknowledged.splice(0)));
}

require("readline")
  .createInterface({ input: process.stdin })
  .on("line", (line) => (line === "end" ? end() : say(JSON.parse(line))))
  .on("close", () => process.exit());
flush();
