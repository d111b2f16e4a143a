// The official RudderStack Node SDK, as its README shows it.
const RudderAnalytics = require("@rudderstack/rudder-sdk-node");
const { GATEWAY, WRITE_KEY, LIST } = process.env;
const client = new RudderAnalytics(WRITE_KEY, { dataPlaneUrl: GATEWAY });
const userId = "ada-rudder-node";
client.identify({ userId, traits: { email: "ada-rudder-node@example.com", firstName: "Ada", mailingLists: { [LIST]: true } } });
client.track({ userId, event: "newUser", properties: { plan: "Pro Annual", accountType: "Facebook", seats: 3 } });
client.flush();
