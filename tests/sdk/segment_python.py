"""The official Segment Python SDK, as its README shows it."""

import os

from segment import analytics

analytics.write_key = os.environ["WRITE_KEY"]
analytics.host = os.environ["GATEWAY"]
USER = "ada-segment-python"
TRAITS = {"email": f"{USER}@example.com", "firstName": "Ada", "mailingLists": {os.environ["LIST"]: True}}
analytics.identify(USER, TRAITS)
analytics.track(USER, "newUser", {"plan": "Pro Annual", "accountType": "Facebook", "seats": 3})
analytics.shutdown()
