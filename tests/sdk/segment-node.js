// The official Segment Node SDK, as its README shows it.
const { Analytics } = require("@segment/analytics-node");
const { GATEWAY, WRITE_KEY, LIST } = process.env;
const analytics = new Analytics({ writeKey: WRITE_KEY, host: GATEWAY });
const userId = "ada-segment-node";
analytics.on("error", (error) => { console.error(error); process.exitCode = 1; });
analytics.identify({ userId, traits: { email: "ada-segment-node@example.com", firstName: "Ada", mailingLists: { [LIST]: true } } });
analytics.track({ userId, event: "newUser", properties: { plan: "Pro Annual", accountType: "Facebook", seats: 3 } });
analytics.closeAndFlush();
