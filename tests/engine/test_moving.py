"""Contacts moved in from files and accounts, and out again; what an account defines, mirrored."""

from __future__ import annotations

import asyncio
import csv
import json
from pathlib import Path
from typing import Any

import pytest

from headrace.app.engine_asking import Asking
from headrace.clock import SystemChance, SystemClock
from headrace.delivery.aiohttp_transport import AiohttpTransport
from headrace.engine.account import Account
from headrace.engine.audience import segments
from headrace.engine.engine import Engine
from headrace.engine.mirror import mirror
from headrace.engine.moving import exports
from headrace.engine.refusal import LoopsError
from headrace.errors import Conflict, WorkspaceError
from headrace.workspace.secretbox import SecretBox
from tests.engine.loops import Loops

MAPPING = {"E-Mail": "email", "Plan": "plan", "Seats": "seats", "Given": "firstName"}
FILE = 'E-Mail,Plan,Seats,Given,Ignored\nada@x.dev,pro,7,"Ada, Countess",x\nnonsense,pro,1,No,\nbob@x.dev,,many,Bób,\n\n'


@pytest.fixture
def own(tmp_path: Path) -> Any:
    (tmp_path / "own").mkdir()
    box = SecretBox.at(tmp_path / "own" / "secret.key", None)
    engine = Engine.open(tmp_path / "own" / "engine.db", SystemClock(), SystemChance(), box)
    for name, kind in (("plan", "string"), ("seats", "number")):
        engine.apply_section({"properties": [{"name": name, "type": kind}]})
    yield engine
    engine.close()


def upload(engine: Engine, text: str, **more: Any) -> str:
    raw = text.encode()
    given: dict[str, Any] = {
        "name": "people.csv",
        "mapping": MAPPING,
        "list_id": None,
        "trigger": False,
        "account": None,
    } | more
    job = engine.imports.create(**given, size=len(raw))
    half = len(raw) // 2
    engine.imports.append(job["id"], 0, raw[:half])
    with pytest.raises(Conflict):
        engine.imports.append(job["id"], half + 1, b"x")
    engine.imports.append(job["id"], 0, raw[:half])  # a part may come again
    engine.imports.append(job["id"], half, raw[half:])
    return str(job["id"])


def test_a_file_becomes_contacts_and_each_bad_row_says_why(own: Engine) -> None:
    news = own.create_list("News", None, True)
    identifier = upload(own, FILE, list_id=news["id"])
    assert asyncio.run(own.imports.step())
    job = own.imports.one(identifier)
    assert (job["state"], job["rows"], job["created"], job["failed"]) == ("done", 3, 2, 1)
    (ada,), _ = own.contacts("ada@", None)
    assert (ada["firstName"], ada["properties"], ada["source"]) == (
        "Ada, Countess",
        {"plan": "pro", "seats": 7},
        "CSV import",
    )
    assert ada["mailingLists"] == {news["id"]: True}
    bad, odd = own.imports.complaints(identifier, 10)
    assert (bad["row"], bad["taken"], bad["text"], bad["line"]["E-Mail"]) == (2, False, "Invalid email address.", "nonsense")
    assert (odd["taken"], "seats" in odd["text"]) == (True, True)
    told = list(csv.DictReader("".join(exports.complaints_csv([bad, odd])).splitlines()))
    assert (told[0]["reason"], told[1]["E-Mail"]) == ("Invalid email address.", "bob@x.dev")
    assert not list((own.imports._folder).glob("*.csv")), "the file is not kept"


def test_workflows_hear_of_an_import_only_when_they_shall(own: Engine) -> None:
    heard: list[str] = []
    own.listeners = (lambda desk, happening: heard.append(happening.kind),)
    upload(own, FILE)
    asyncio.run(own.imports.step())
    assert heard == []
    upload(own, FILE.replace("ada@", "eva@"), trigger=True)
    asyncio.run(own.imports.step())
    assert "contact.created" in heard


def test_an_import_goes_on_where_a_crash_left_it(own: Engine) -> None:
    lines = "".join(f"p{n}@x.dev,pro,{n},P,\n" for n in range(1200))
    identifier = upload(own, FILE.partition("\n")[0] + "\n" + lines)
    own.write(lambda desk: desk.c.execute("update import set rows=700, created=700 where id=?", (identifier,))).result(10)
    asyncio.run(own.imports.step())
    assert own.imports.one(identifier)["created"] == 1200
    assert own.read(lambda c: segments.count(c, None)) == 500, "the first 700 were taken before"


def test_what_cannot_be_read_stops_with_a_reason_and_unusable_ones_do_not_begin(own: Engine) -> None:
    job = own.imports.create("latin.csv", MAPPING, None, False, 30, None)
    own.imports.append(job["id"], 0, b"E-Mail\nb\xf6b@x.dev\n" + b" " * 20)
    asyncio.run(own.imports.step())
    stopped = own.imports.one(job["id"])
    assert (stopped["state"], "cannot be read" in stopped["why"]) == ("stopped", True)
    for mapping in ({"Given": "firstName"}, {"a": "email", "b": "email"}):
        with pytest.raises(WorkspaceError):
            own.imports.create("x", mapping, None, False, 1, None)
    waiting = own.imports.create("x", MAPPING, None, False, 10, None)
    own.imports.stop(waiting["id"])
    with pytest.raises(Conflict):
        own.imports.append(waiting["id"], 0, b"1234567890")


def test_an_import_goes_on_however_many_came_after_it(own: Engine) -> None:
    first = own.imports.create("old.csv", MAPPING, None, False, 30, None)["id"]
    later = "insert into import(id, name, source, state, mapping, trigger, size, at) values(?,'x','csv','done','{}',0,0,?)"
    rows = [(f"i{n}", own.now() + 1 + n) for n in range(100)]
    own.write(lambda desk: desk.c.executemany(later, rows)).result(10)
    assert first not in {entry["id"] for entry in own.imports.listed()}
    assert own.imports.append(first, 0, b"E-Mail\nada@x.dev\n")["state"] == "uploading"


async def asked(loops: Loops, work: Any, key: str | None = None) -> Any:
    transport = AiohttpTransport(SystemClock())

    async def quickly(seconds: float) -> None:
        await asyncio.sleep(0)

    try:
        return await work(Account(Asking(transport), quickly, f"http://127.0.0.1:{loops.port}/api", key or loops.key))
    finally:
        await transport.close()


def test_an_account_is_mirrored_with_its_ids_and_only_read(loops: Loops, own: Engine) -> None:
    there = loops.engine.create_list("Product updates", "News", True)
    loops.ask("POST", "/v1/contacts/properties", {"name": "shipName", "type": "string"})
    for n in range(60):
        loops.ask("POST", "/v1/events/send", {"email": "a@x.dev", "eventName": f"e{n}", "eventProperties": {"n": n}})
    report = asyncio.run(asked(loops, lambda account: mirror(own, account)))
    assert (report["lists"], report["properties"], report["events"], report["team"]) == (1, 1, 60, "Loops (built-in)")
    (copied,) = own.lists()
    assert (copied["id"], copied["name"], copied["isPublic"]) == (there["id"], "Product updates", True)
    assert {d["name"] for d in own.definitions()} == {f"e{n}" for n in range(60)}
    assert own.definitions()[0]["properties"] == [{"name": "n", "type": "number"}]
    assert asyncio.run(asked(loops, lambda account: mirror(own, account)))["changes"] == []
    with pytest.raises(LoopsError, match="Invalid API key"):
        asyncio.run(asked(loops, lambda account: mirror(own, account), key="0" * 32))
    # and with a property that could not be made here
    loops.engine.store.write(
        lambda c: c.execute("insert into property values('fav\"color', 'Colour', 'string', 0)").fetchall()
    ).result(10)
    changes = asyncio.run(asked(loops, lambda account: mirror(own, account)))["changes"]
    assert changes == [
        "Contact property fav\"color left out: A property's name has no quotes, backslashes or control characters."
    ]
    metadata = Account(Asking(AiohttpTransport(SystemClock())), lambda s: asyncio.sleep(0), "http://169.254.169.254", "k")
    with pytest.raises(LoopsError, match="nothing"):
        asyncio.run(metadata.get("/latest"))


def test_contacts_come_from_an_account_by_a_list_of_ids(loops: Loops, own: Engine) -> None:
    loops.ask("POST", "/v1/contacts/properties", {"name": "plan", "type": "string"})
    loops.ask("PUT", "/v1/contacts/update", {"email": "ada@x.dev", "userId": "ada", "plan": "pro", "firstName": "Ada"})
    text = "ada@x.dev\nnobody\n"
    account = (f"http://127.0.0.1:{loops.port}/api", loops.key)
    job = own.imports.create("ids", {}, None, False, len(text), account)
    own.imports.append(job["id"], 0, text.encode())

    async def work() -> None:
        transport = AiohttpTransport(SystemClock())
        own.imports.ask = Asking(transport)
        await own.imports.step()
        await transport.close()

    asyncio.run(work())
    done = own.imports.one(job["id"])
    assert (done["state"], done["created"], done["failed"]) == ("done", 1, 1)
    assert own.contacts("ada", None)[0][0]["properties"] == {"plan": "pro"}
    assert own.imports.complaints(job["id"], 9)[0]["text"] == "The account has no such contact."
    assert own.read(lambda c: list(c.execute("select secret from import"))) == [(None,)], "the key is forgotten"


def test_contacts_leave_as_csv_and_json_and_no_cell_is_a_formula(own: Engine) -> None:
    own.create_list("News", None, True)
    upload(own, FILE.replace('"Ada, Countess"', '"=HYPERLINK(1)"'))
    asyncio.run(own.imports.step())
    text = "".join(exports.contacts_csv(own, "", None))
    found = {row["email"]: row for row in csv.DictReader(text.splitlines())}
    assert (found["ada@x.dev"]["firstName"], found["ada@x.dev"]["plan"]) == ("'=HYPERLINK(1)", "pro")
    assert found["ada@x.dev"]["subscribed"] == "true"
    pro = {"match": "all", "conditions": [{"type": "property", "key": "plan", "operator": "equals", "value": "pro"}]}
    lines = [json.loads(line) for line in exports.contacts_jsonl(own, "", pro)]
    assert [line["email"] for line in lines] == ["ada@x.dev"]
    assert list(exports.event_log_jsonl(own)) == []


@pytest.mark.parametrize("answer", [{"message": "hello"}, ["ada@x.dev"], "<html>"])
def test_an_address_that_is_no_loops_account_stops_the_import_and_not_the_program(own: Engine, answer: Any) -> None:
    async def elsewhere(address: str, key: str, path: str) -> tuple[int | None, Any]:
        return 200, answer

    own.imports.ask = elsewhere
    job = own.imports.create("people", {}, None, False, 10, ("http://127.0.0.1:9", "key"))
    own.imports.append(job["id"], 0, b"ada@x.dev\n")
    assert asyncio.run(own.imports.step())
    stopped = own.imports.one(job["id"])
    assert stopped["state"] == "stopped"
    assert "Loops" in stopped["why"]
    with pytest.raises(LoopsError, match="not Loops' API"):
        asyncio.run(mirror(own, Account(elsewhere, own.clock.sleep, "http://127.0.0.1:9", "key")))


def test_an_import_that_fails_in_an_unforeseen_way_is_stopped_and_the_next_one_goes_on(own: Engine) -> None:
    async def broken(address: str, key: str, path: str) -> tuple[int | None, Any]:
        raise KeyError("what nobody thought of")

    own.imports.ask = broken
    job = own.imports.create("people", {}, None, False, 10, ("http://127.0.0.1:9", "key"))
    own.imports.append(job["id"], 0, b"ada@x.dev\n")
    following = upload(own, FILE)
    asyncio.run(own.imports.step())
    asyncio.run(own.imports.step())
    assert "nobody thought of" in own.imports.one(job["id"])["why"]
    assert own.imports.one(following)["state"] == "done"


def test_a_file_without_lines_is_not_taken_into_memory(own: Engine) -> None:
    identifier = upload(own, "E-Mail\n" + "a" * (2**20 + 1))
    asyncio.run(own.imports.step())
    assert "a line is longer" in own.imports.one(identifier)["why"]


def test_what_an_address_answers_is_shown_in_short(own: Engine) -> None:
    """An editor may ask any address; its pages are not for them to read."""

    async def page(address: str, key: str, path: str) -> tuple[int | None, Any]:
        return 403, "x" * 10_000

    with pytest.raises(LoopsError) as refused:
        asyncio.run(Account(page, own.clock.sleep, "http://127.0.0.1:9", "key").get("/v1/lists"))
    assert len(refused.value.message) < 1000


def test_an_upload_that_was_left_alone_and_old_complaints_are_not_kept(own: Engine) -> None:
    done = upload(own, FILE)
    asyncio.run(own.imports.step())
    left = own.imports.create("half.csv", MAPPING, None, False, 100, None)
    own.imports.append(left["id"], 0, b"E-Mail\nada@x.dev\n")
    own.prune()
    assert own.imports.one(left["id"])["state"] == "uploading"
    assert own.imports.complaints(done, 10)
    own.write(lambda desk: desk.c.execute("update import set at=at-86400001, ended_at=ended_at-31*86400000")).result()
    own.prune()
    assert own.imports.one(left["id"])["state"] == "stopped"
    assert own.imports.complaints(done, 10) == []
    assert not list(own.imports._folder.glob("*.csv"))


def test_the_event_log_is_pruned_in_parts(own: Engine) -> None:
    own.write(
        lambda desk: desk.c.execute(
            "with recursive n(i) as (select 1 union all select i+1 from n where i<2500)"
            " insert into log(at, event, source, result, received, processed, warnings) select 1, 'e', 'API', 'processed',"
            " '{}', '{}', '[]' from n"
        ).fetchall()
    ).result()
    own.prune()
    assert own.read(lambda c: list(c.execute("select count(*) from log"))) == [(0,)]
