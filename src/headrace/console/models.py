"""What every JSON of the control API shares: a page of a list, a name with its id."""

from typing import Any, Generic, Literal, TypeVar

from pydantic import BaseModel

T = TypeVar("T")
Role = Literal["viewer", "editor", "owner"]
Json = dict[str, Any]


class Page(BaseModel, Generic[T]):
    """A list. `next` is what to ask for as `before` (or `cursor`, `offset`); null at the end."""

    data: list[T]
    next: int | str | None = None


class Counted(Page[T], Generic[T]):
    total: int


class Ok(BaseModel):
    ok: bool = True


class Named(BaseModel):
    id: str
    name: str


class Typed(Named):
    type: str
