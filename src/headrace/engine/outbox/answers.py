"""What an SMTP server's answer makes of a mail. Pure."""

from __future__ import annotations

import re
from typing import Literal

import msgspec

Stage = Literal["server", "sender", "recipient", "content", "lost"]
PAUSES = (30.0, 120.0, 300.0, 900.0, 1800.0, 3600.0)  # s before each further try; the last one repeats
PATIENCE = 3 * 86_400_000  # ms from the first try: as long as a long weekend's outage
DOWN_PAUSES = (5.0, 15.0, 60.0, 300.0)  # s until a mail server that cannot be used is asked again
NO_MAILBOX = (550, 551, 553, 556)
SHOWN = 300
_RELAYING = re.compile(r"relay|authenti|not permitted|log ?in|access denied|blocked|spam", re.IGNORECASE)
_BOX = r"(user|mailbox|account|recipient|address|addressee)"
_NAMES_IT = re.compile(  # says that there is no such mailbox, in the words of Exim, qmail, Sendmail, Exchange and others
    rf"\b(no such|unknown|unrouteable|non-?existent|inactive|disabled) (local )?{_BOX}\b"
    rf"|\b{_BOX}( \S+@\S+)? (is |was )?(unknown|not found|inactive|disabled|(does not|doesn't|did not) exist"
    r"|not (exist|known))\b|\bno mailbox\b",
    re.IGNORECASE,
)
_ENHANCED = re.compile(r"\b([245])\.(\d{1,3})\.(\d{1,3})\b")


class SmtpAnswer(msgspec.Struct, frozen=True):
    """How far it came, and the answer. `lost`: the mail left and no answer came. code 0: there was none."""

    stage: Stage
    code: int
    text: str


class Sent(msgspec.Struct, frozen=True):
    why: str = ""


class Later(msgspec.Struct, frozen=True):
    """Tried again by itself, after so many seconds."""

    seconds: float
    why: str


class Down(msgspec.Struct, frozen=True):
    """Not this mail's fault: none leaves for so long, and this one is as it was."""

    why: str


class Bounced(msgspec.Struct, frozen=True):
    """The mailbox does not exist: never again to this address."""

    why: str


class Refused(msgspec.Struct, frozen=True):
    """Not taken, and it would not be the next time; says nothing about the address."""

    why: str


class Ambiguous(msgspec.Struct, frozen=True):
    why: str


Verdict = Sent | Later | Down | Bounced | Refused | Ambiguous
LOST = (
    "The mail had left when the connection broke, or the server said nothing that can be understood: it may have arrived."
    " Send it again, or settle it."
)


def judge(answer: SmtpAnswer, tries: int, age: int, roll: float, serves: bool = False) -> Verdict:
    """What becomes of a mail after its `tries`-th try, `age` ms after its first. `roll` in [0, 1) spreads retries.

    `serves`: this server has taken mail to others of the recipient's domain, so it is not relaying that it denies.
    """
    said = shown(answer)
    if answer.stage == "lost":
        return Ambiguous(LOST)
    if answer.stage == "server" or answer.code == 421 or answer.code == 530:
        return Down(said)
    if 200 <= answer.code < 300:
        return Sent(said)
    if answer.code < 500:
        if age >= PATIENCE:
            return Refused(f"Given up after {PATIENCE // 86_400_000} days: {said}")
        pause = PAUSES[min(tries, len(PAUSES)) - 1] if tries else PAUSES[0]
        return Later(pause * (1 + roll / 4), said)
    if answer.stage != "sender" and _no_mailbox(answer, serves):
        return Bounced(said)
    return Refused(said)


def _no_mailbox(answer: SmtpAnswer, serves: bool) -> bool:
    """5.1.x and 5.2.1 are about the mailbox. 5.7.x is policy: a relay that is set up wrong must not cost the audience.

    A bare 550 may be either (OpenSMTPD says "550 Invalid recipient" for both): it has to name the mailbox, or the server
    to be known to serve the domain.
    """
    enhanced = _ENHANCED.search(answer.text)
    if enhanced:
        kind, detail = enhanced[2], enhanced[3]
        return (kind == "1" and detail not in ("7", "8")) or (kind, detail) == ("2", "1")
    if _RELAYING.search(answer.text):
        return False
    if answer.stage != "recipient":
        return answer.code == 550 and _NAMES_IT.search(answer.text) is not None
    return answer.code in NO_MAILBOX and (serves or _NAMES_IT.search(answer.text) is not None)


def down_pause(failures: int) -> float:
    return DOWN_PAUSES[min(failures, len(DOWN_PAUSES)) - 1]


def shown(answer: SmtpAnswer) -> str:
    """One line for people."""
    text = " ".join(answer.text.split())[:SHOWN]
    return f"{answer.code} {text}".strip() if answer.code else text


def domain_of(email: str) -> str:
    return email.rpartition("@")[2].strip().lower()
