"""What a destination type is: its settings, what it takes, what it sends, and how it reads answers. All pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, Protocol

import msgspec

from headrace.event import Facts
from headrace.fate import Code

Message = Mapping[str, Any]  # a decoded event: the sender's JSON plus messageId, receivedAt, type … (routing.message)


class Identifiers(msgspec.Struct, frozen=True):
    """Every identifier a request for this event could name, under any settings. Emails trimmed and lower-cased."""

    user_ids: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()


class Request(msgspec.Struct, frozen=True):
    """A request relative to the destination's address; `body` is a JSON value or None, or ready bytes."""

    method: Literal["GET", "POST", "PUT", "DELETE"]
    path: str  # begins with "/", may hold a query
    body: Any = None
    headers: dict[str, str] = {}


class Rendered(msgspec.Struct, frozen=True):
    """An event as this destination's request. The parts are kept apart so that waiting deliveries can be folded."""

    request: Request
    kind: Literal["contact", "event", "delete", "post"]
    user_id: str | None = None
    email: str | None = None
    contact: dict[str, Any] = {}  # contact properties, without identity and lists
    lists: dict[str, bool] = {}
    event_name: str | None = None
    event_properties: Any = None
    warnings: tuple[str, ...] = ()


class Filtered(msgspec.Struct, frozen=True):
    """Not for this destination; final."""

    code: Code
    reason: str


class Refused(msgspec.Struct, frozen=True):
    """Cannot be turned into a request; a dead letter with this reason."""

    code: Code
    reason: str


Translation = Rendered | Filtered | Refused


class Address(msgspec.Struct, frozen=True):
    """Where requests go. `secrets` are masked wherever a request is shown."""

    base_url: str  # no trailing slash
    headers: dict[str, str]
    pace_key: str  # deliveries to one pace_key share one pace, whatever their destination
    secrets: tuple[str, ...] = ()


class Builtin(msgspec.Struct, frozen=True):
    """This instance's own engine, wherever it listens now."""

    base_url: str
    api_key: str


class Policy(msgspec.Struct, frozen=True):
    """How a destination wants to be delivered to. Times in seconds."""

    rate: float = 10.0  # requests a second; 0 = no limit
    patience: float = 72 * 3600.0
    timeout: float = 10.0
    retry_first: float = 1.0
    retry_most: float = 900.0
    after_key_expiry: Literal["dead", "send"] = "dead"
    fold: bool = False  # whether waiting deliveries of one lane may share a request
    skip_unchanged: float = 0.0  # how long a contact that was sent need not be sent again; 0 = always send
    repair: bool = False  # whether a user the destination does not know may be sent with the email last seen with it


class Answer(msgspec.Struct, frozen=True):
    status: int
    headers: dict[str, str]  # names in lower case
    body: bytes  # at most 64 KiB are kept
    duration_ms: int = 0


# --- what an answer means -------------------------------------------------------------------------------------------


class Delivered(msgspec.Struct, frozen=True):
    code: Code = Code.DELIVERED


class Throttled(msgspec.Struct, frozen=True):
    """429: not an attempt; the pace learns."""

    retry_after: float | None = None


class Unknown(msgspec.Struct, frozen=True):
    """It may have been taken (408, 5xx): retry with the same key."""

    code: Code
    retry_after: float | None = None


class KeyUsed(msgspec.Struct, frozen=True):
    """409 on a request with an idempotency key; delivery knows whether an earlier attempt was left open."""


class Refusal(msgspec.Struct, frozen=True):
    """Refused for certain; final. `at_the_door`: before the destination looked at what it was."""

    code: Code
    reason: str
    at_the_door: bool = False


class Pause(msgspec.Struct, frozen=True):
    """The destination itself is at fault: it pauses, its queue is kept."""

    code: Code
    reason: str


class Ask(msgspec.Struct, frozen=True):
    """Nothing is certain until `question` is answered; `DestinationType.answered` then decides."""

    question: Request
    purpose: Literal["key", "user"]
    refusal: Refusal  # what it is if the question clears the destination


class Repair(msgspec.Struct, frozen=True):
    """`question` asks whose the email is; when it is nobody else's, `rendered` is sent instead."""

    question: Request
    rendered: Rendered


Verdict = Delivered | Throttled | Unknown | KeyUsed | Refusal | Pause | Ask


class Field(msgspec.Struct, frozen=True):
    """One setting: draws the form, documents, and says what to mask. `secrets`: a map of secret texts."""

    key: str
    label: str
    help: str
    kind: Literal["text", "secret", "secrets", "url", "choice", "number", "duration", "flag", "list", "map", "object"]
    default: Any
    required: bool = False
    choices: tuple[str, ...] = ()
    advanced: bool = False
    link: str | None = None
    schema: dict[str, Any] = {}  # JSON Schema of the value


class Preparation(msgspec.Struct, frozen=True):
    """A request that has to be made before the delivery itself leaves, for example to create a property."""

    request: Request
    why: str


class DestinationType(Protocol):
    """One kind of destination. Implementations hold no state and do no I/O."""

    @property
    def name(self) -> str:
        """As in the workspace file: "loops"."""

    @property
    def label(self) -> str:
        """As people know it: "Loops"."""

    @property
    def keywords(self) -> tuple[str, ...]:
        """For the catalog's search."""

    @property
    def description(self) -> str: ...

    @property
    def fields(self) -> tuple[Field, ...]: ...

    @property
    def needs_identity(self) -> bool:
        """An event that names nobody is never for it."""

    def check(self, settings: Mapping[str, Any]) -> list[str]:
        """Warnings about usable settings. Raises WorkspaceError naming the key when a value cannot be used."""

    def policy(self, settings: Mapping[str, Any]) -> Policy: ...

    def address(self, settings: Mapping[str, Any], builtin: Builtin | None) -> Address | None:
        """Where and with what credentials; None when the settings do not say yet (no key, no engine)."""

    def takes(self, message: Message) -> Filtered | None:
        """Whether the event can ever be for this type, whatever the settings; None = yes."""

    def identifiers(self, message: Message) -> Identifiers: ...

    def translate(self, message: Message, settings: Mapping[str, Any], facts: Facts, now_ms: int) -> Translation: ...

    def deletion(self, user_id: str | None, email: str | None) -> Rendered | None:
        """The request that deletes whoever has this identifier (one of the two is given); None: there is no such request."""

    def read(self, rendered: Rendered, answer: Answer, base_url: str) -> Verdict: ...

    def answered(self, ask: Ask, rendered: Rendered, answer: Answer, base_url: str) -> Verdict:
        """The verdict once the question was answered; an answer that says nothing gives Unknown or Throttled."""

    def probe(self) -> Request | None:
        """A harmless request whose 2xx says that the destination is well again; None: any delivery is the probe."""

    def connected(self, answer: Answer, base_url: str) -> Pause | Unknown | Throttled | str:
        """What the answer to the probe says; a str is the sentence for people ("Connected to team Acme …")."""

    def details(self) -> tuple[Request, ...]:
        """What may be asked after a good probe, to tell a person where he has arrived."""

    def welcome(self, sentence: str, told: Sequence[Answer | None]) -> str:
        """`sentence` of `connected` with what the answers to `details` add; None: no answer came."""

    def team(self, answer: Answer) -> str | None:
        """Who is behind the key, from the answer to the probe; deliveries to one team share one pace. None: not told."""

    def fold(self, so_far: Rendered, following: Rendered, settings: Mapping[str, Any]) -> Rendered | None:
        """One request that leaves what both would, one after the other; None: they have to leave singly."""

    def without_event(self, rendered: Rendered) -> Rendered:
        """The contact part of a folded event alone."""

    def repair(self, rendered: Rendered, email: str) -> Repair | None:
        """How a request with a user ID only, whose user is unknown, might be sent with the email last seen with it."""

    def may_repair(self, repair: Repair, answer: Answer) -> bool | None:
        """Whether the answer to the repair's question says that the email is nobody else's; None: it says nothing yet."""

    def prepare(self, rendered: Rendered, settings: Mapping[str, Any], known: frozenset[str] | None) -> Preparation | None:
        """The next request to make before `rendered` may leave; `known`: what `learn` said before, None at first."""

    def learn(self, preparation: Preparation, answer: Answer, known: frozenset[str] | None) -> frozenset[str] | None:
        """What is known after a preparation was answered (for Loops: the contact properties that exist).

        None: the answer says nothing; `read` on the same answer says what that means for the delivery.
        """


Catalog = Mapping[str, DestinationType]
