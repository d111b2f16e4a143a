"""Ada opens a real mail and follows its links over HTTP; filters, her page and the workflow's figures know of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from headrace.clock import rfc3339
from headrace.engine.audience import segments
from headrace.engine.outbox import tracking
from headrace.engine.workflows import counting
from headrace.engine.workflows.port import Tools
from tests.engine.loops import listening
from tests.engine.mailing import sends
from tests.engine.test_workflow_mail import inbox, start, welcome
from tests.engine.workflows.house import HOUR, House
from tests.harness.serving import Raw, request, talk

LMX = (
    "<Paragraph><Link href='https://x.dev/start?plan={event.plan}&amp;a=1'>Start</Link>"
    " <Link href='https://x.dev/reset/{event.plan}' notrack='true'>Reset</Link></Paragraph>"
    "<Button href='https://x.dev/secret' notrack='true'>Secret</Button>"
    "<Section href='https://x.dev/quiet' notrack='true'><Image src='https://x.dev/a.png' alt='A' /></Section>"
    "<Icons><Icon name='github' href='https://github.com/x' notrack='true' /></Icons>"
)
UNTRACKED = ["https://x.dev/reset/Pro%20%26%20more", "https://x.dev/secret", "https://x.dev/quiet", "https://github.com/x"]


class Reader:
    """Ada, the workflow that wrote to her, and the engine's listener."""

    def __init__(self, house: House, port: int) -> None:
        self.house, self.port, self.url = house, port, house.engine.url
        house.event(plan="none yet", email="bo@x.dev")
        self.workflow, self.message = welcome(house, lmx=LMX, subject="Hi")
        start(house, self.workflow)
        self.ada = house.put()
        house.event(plan="Pro & more")
        house.settle()
        (mail,) = inbox(house)
        part = mail.get_body(("html",))
        assert part is not None
        self.html: str = part.get_content()

    def fetch(self, address: str) -> Raw:
        return talk(self.port, request("GET", address.removeprefix(self.url)))

    def matches(self, action: str, target: str = "workflow") -> bool:
        """Whether a segment with this one condition has Ada."""
        identifier = {"workflow": self.workflow, "workflowEmail": self.message}[target]
        condition = {"type": "activity", "action": action, "target": target, "id": identifier, "negate": False}
        given = {"match": "all", "conditions": [condition]}
        return self.house.engine.read(lambda c: segments.matches(c, given, self.ada))

    @property
    def emails(self) -> tuple[int, int]:
        """(opens, clicks) as her page shows them."""
        (row,) = self.house.engine.contact(self.ada)["emails"]  # type: ignore[index]
        return row["opens"], row["clicks"]

    def metrics(self) -> dict[str, int]:
        return self.house.engine.read(lambda c: counting.metrics(c, self.workflow, self.message))


@pytest.fixture
def reader(tmp_path: Path) -> Iterator[Reader]:
    house = House(tmp_path)
    house.engine.url = "https://mail.x.dev"
    house.engine.workflows.tools = Tools(house.engine.emails, house.engine.outbox)
    with listening(house.engine) as port:
        yield Reader(house, port)
    house.engine.close()


def test_ada_opens_and_clicks_and_everybody_who_asks_is_told(reader: Reader) -> None:
    assert (reader.matches("sent"), reader.matches("opened"), reader.matches("clicked")) == (True, False, False)
    pixel = next(part for part in reader.html.split('"') if "/open/" in part)
    for _ in range(2):
        answer = reader.fetch(pixel)
        assert (answer.status, answer.headers["content-type"]) == (200, "image/gif")
    assert reader.matches("opened")
    assert reader.matches("opened", "workflowEmail")
    assert not reader.matches("clicked")
    (link,) = [link for link in tracking.links(reader.html) if "/click/" in link]
    answer = reader.fetch(link)
    assert (answer.status, answer.headers["location"]) == (302, "https://x.dev/start?plan=Pro%20%26%20more&a=1")
    assert reader.matches("clicked")
    assert reader.matches("clicked", "workflowEmail")
    assert reader.emails == (2, 1)
    assert (reader.metrics()["opens"], reader.metrics()["clicks"]) == (1, 1), "mails are counted, not looks"


def test_the_list_of_mails_says_when_she_first_opened_and_clicked_it(reader: Reader) -> None:
    def row() -> tuple[str | None, str | None]:
        (mine,) = sends(reader.house.engine, contact=reader.ada)
        return mine["openedAt"], mine["clickedAt"]

    assert row() == (None, None)
    pixel = next(part for part in reader.html.split('"') if "/open/" in part)
    (link,) = [link for link in tracking.links(reader.html) if "/click/" in link]
    reader.fetch(pixel)
    opened = rfc3339(reader.house.clock.now)
    reader.house.clock.now += HOUR
    reader.fetch(pixel)
    reader.fetch(link)
    assert row() == (opened, rfc3339(reader.house.clock.now)), "the first time of each"


def test_links_marked_notrack_lead_where_they_say(reader: Reader) -> None:
    straight = [link for link in tracking.links(reader.html) if not link.startswith(reader.url)]
    assert sorted(straight) == sorted(UNTRACKED)
