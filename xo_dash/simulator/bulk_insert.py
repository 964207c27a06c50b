"""Rows of another pool, all at once."""

from __future__ import annotations

from .database import Database, Record
from .model import Model

Tables = dict[str, dict[str, Record]]  # {class: {reference: fields}}


def insert(db: Database, found: Tables) -> None:
    """Rows first, links afterwards: the side that holds one reference is the truth, as in XAPI."""
    for cls, table in found.items():
        computed = computed_fields(db.model, cls)
        links = db.model.links[cls]
        for ref, fields in table.items():
            db.create(cls, {name: held for name, held in fields.items() if name not in links}, ref=ref)
            for name in computed:
                fields.pop(name, None)
    for cls, table in found.items():
        links = db.model.links[cls]
        for ref, fields in table.items():
            linked = {name: held for name, held in fields.items() if name in links}
            if linked:
                db.set(ref, **linked)


def computed_fields(model: Model, cls: str) -> list[str]:
    """Links of which the other side is the truth."""
    return [name for name, link in model.links[cls].items() if link.many and not link.other_many]
