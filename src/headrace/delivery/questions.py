"""What an answer means, where only the destination itself can tell: each question is asked once and put in the story."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from headrace.delivery.port import NoAnswer
from headrace.delivery.sending import Exchange, Story
from headrace.delivery.setup import Setup
from headrace.destinations.port import Ask, Pause, Rendered, Repair, Request, Throttled, Unknown, Verdict

Asking = Callable[[Request], Awaitable[Exchange]]


async def judge(
    setup: Setup, rendered: Rendered, together: bool, done: Exchange, story: Story, asking: Asking
) -> Verdict | NoAnswer:
    """An `Ask` comes back when its question got no answer. `together`: it carried several deliveries."""
    if isinstance(done.got, NoAnswer):
        return done.got
    verdict = setup.kind.read(rendered, done.got, setup.address.base_url)
    if not isinstance(verdict, Ask):
        if isinstance(verdict, Pause):
            story.tell("delivery", done, "the destination pauses")
        return verdict
    if together and verdict.purpose == "user":
        return verdict.refusal  # each will be asked about by itself
    story.tell("delivery", done, "refused; Headrace asks the destination why")
    asked = await asking(verdict.question)
    if isinstance(asked.got, NoAnswer):
        story.tell("question", asked, "no answer")
        return verdict
    answered = setup.kind.answered(verdict, rendered, asked.got, setup.address.base_url)
    story.tell("question", asked, type(answered).__name__.lower())
    return verdict if isinstance(answered, Unknown | Throttled) else answered


async def may_repair(setup: Setup, repair: Repair, story: Story, asking: Asking) -> bool | None:
    """Whether the email is nobody else's; None: the question got no answer."""
    asked = await asking(repair.question)
    allowed = None if isinstance(asked.got, NoAnswer) else setup.kind.may_repair(repair, asked.got)
    words = {True: "the email is free", False: "the email cannot be used", None: "no answer"}
    story.tell("question", asked, words[allowed])
    return allowed
