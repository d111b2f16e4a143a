"""What an empty workspace gets: a source, Loops (built-in) as its destination, a mailing list."""

from __future__ import annotations

from headrace.app.instance import OpenInstance

LIST = "Product updates"


def fill(instance: OpenInstance) -> None:
    """Only when there is nothing yet."""
    workspace = instance.store.snapshot()
    if workspace.revision:
        return
    store = instance.store
    source = store.add_source("first start", "website", "javascript")
    settings = {"base_url": "builtin", "create_missing": True, "rate": 0}
    destination = store.add_destination("first start", "loops", "loops", settings)
    store.connect("first start", source.id, destination.id, 0)
    if instance.engine is not None and not instance.engine.lists():
        instance.engine.create_list(LIST, "News about the product", True)
