"""One failure in words."""

from __future__ import annotations

from typing import NamedTuple


class Sentence(NamedTuple):
    """`names`: what the arguments are, in XAPI's order; `message` has fields of these names.

    `bare` has none: it is said when an argument that `message` needs is missing, is of something that is gone, or is not what
    it should be. Hosts differ in what they send: HOST_NOT_ENOUGH_FREE_MEMORY comes with two amounts, with a VM, or with nothing.
    """

    names: str
    message: str
    bare: str = ""
