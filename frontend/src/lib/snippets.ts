// The three calls of the integration, filled in, for each place they are made from.
export type Place = "Browser" | "Node" | "Python" | "curl";
export interface Values { gateway: string; key: string; list?: string }

const lists = (list?: string) => list ?? "<list id>";

export const snippets: Record<Place, (v: Values) => string> = {
  Browser: ({ gateway, key, list }) => `<script>
  (function () {
    var q = (window.rudderanalytics = window.rudderanalytics || []);
    ["load", "page", "track", "identify", "alias", "group", "ready", "reset"].forEach(function (m) {
      q[m] = function () { q.push([m].concat([].slice.call(arguments))); };
    });
  })();
  rudderanalytics.load("${key}", "${gateway}");
</script>
<script async src="${gateway}/sdk/rudder.js"></script>

<script>
  // create or update a contact
  rudderanalytics.identify("user-1", { email: "test@test.com", firstName: "Adrian", lastName: "Brown" });
  // put it on a mailing list
  rudderanalytics.identify("user-1", { email: "test@test.com", mailingLists: { "${lists(list)}": true } });
  // send an event
  rudderanalytics.track("newUser", { plan: "Pro Annual", accountType: "Facebook" });
</script>`,
  Node: ({ gateway, key, list }) => `// npm install @rudderstack/rudder-sdk-node
const RudderAnalytics = require("@rudderstack/rudder-sdk-node");
const client = new RudderAnalytics("${key}", { dataPlaneUrl: "${gateway}" });

client.identify({ userId: "user-1", traits: { email: "test@test.com", firstName: "Adrian", lastName: "Brown" } });
client.identify({ userId: "user-1", traits: { email: "test@test.com", mailingLists: { "${lists(list)}": true } } });
client.track({ userId: "user-1", event: "newUser", properties: { plan: "Pro Annual", accountType: "Facebook" } });`,
  Python: ({ gateway, key, list }) => `# pip install rudder-sdk-python
import rudderstack.analytics as rudder_analytics
rudder_analytics.write_key = "${key}"
rudder_analytics.dataPlaneUrl = "${gateway}"

rudder_analytics.identify("user-1", {"email": "test@test.com", "firstName": "Adrian", "lastName": "Brown"})
rudder_analytics.identify("user-1", {"email": "test@test.com", "mailingLists": {"${lists(list)}": True}})
rudder_analytics.track("user-1", "newUser", {"plan": "Pro Annual", "accountType": "Facebook"})
rudder_analytics.flush()`,
  curl: ({ gateway, key, list }) => `curl -u ${key}: ${gateway}/v1/identify -H 'Content-Type: application/json' \\
  -d '{"userId":"user-1","traits":{"email":"test@test.com","firstName":"Adrian","lastName":"Brown"}}'

curl -u ${key}: ${gateway}/v1/identify -H 'Content-Type: application/json' \\
  -d '{"userId":"user-1","traits":{"email":"test@test.com","mailingLists":{"${lists(list)}":true}}}'

curl -u ${key}: ${gateway}/v1/track -H 'Content-Type: application/json' \\
  -d '{"userId":"user-1","event":"newUser","properties":{"plan":"Pro Annual","accountType":"Facebook"}}'`,
};
