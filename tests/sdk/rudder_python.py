"""The official RudderStack Python SDK, as its README shows it."""

import os

import rudderstack.analytics as rudder_analytics

rudder_analytics.write_key = os.environ["WRITE_KEY"]
rudder_analytics.dataPlaneUrl = os.environ["GATEWAY"]
USER = "ada-rudder-python"
TRAITS = {"email": f"{USER}@example.com", "firstName": "Ada", "mailingLists": {os.environ["LIST"]: True}}
rudder_analytics.identify(USER, TRAITS)
rudder_analytics.track(USER, "newUser", {"plan": "Pro Annual", "accountType": "Facebook", "seats": 3})
rudder_analytics.shutdown()
