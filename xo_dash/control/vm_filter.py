"""Grants on a filter: which VMs it means now. The language is that of the lists, as far as a VM's own row decides.

What other objects decide (the name of its host, an address, an alarm) is no right: it would come and go with them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from data.objects import VM
from data.relations import edges
from xo_dash.control.filters import KEYS, BadFilter, Term, holds, parse
from xo_dash.i18n import _

OWN: Final = ("name", "uuid", "tag", "folder")
"""Keys of the lists that a VM's own row decides."""
_HIDDEN: Final = frozenset({"ref", "home", "uuid", "allowed_operations", "current_operations", *edges(VM)})
FIELDS: Final = tuple(name for name in VM.__struct_fields__ if name not in _HIDDEN)


def vm_filter(text: str) -> Callable[[VM], bool]:
    """Raises BadFilter."""
    terms = parse(text, (*OWN, *FIELDS))
    if not terms:
        raise BadFilter(_("the filter is empty: it would mean every VM; use a pool instead"))
    if plain := next((term for term in terms if not term.key), None):
        raise BadFilter(_("say what “{word}” is: name:{word}, tag:{word} or another field of a VM").format(word=plain.value[:80]))
    return lambda vm: all(_fits(vm, term) is not term.excluded for term in terms)


def _fits(vm: VM, term: Term) -> bool:
    if term.key in OWN:
        return KEYS[term.key](vm, term.value, lambda _row: True)
    return holds(getattr(vm, term.key), term.value)
