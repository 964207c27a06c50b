"""A sentence that is put into words when somebody reads it: two readers of one run may speak two languages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from xo_dash.i18n import _, ngettext, size


@dataclass(frozen=True, slots=True)
class Amount:
    """Bytes, written in the reader's manner."""

    bytes: float

    def __str__(self) -> str:
        return size(self.bytes)


@dataclass(frozen=True, slots=True)
class LazyText:
    """A message of the catalogue and what goes into its fields; `str()` of it is the sentence in the language of the moment.

    A field that has no value stays a question mark: a failure of XAPI may come with fewer arguments than it should.
    """

    message: str
    values: Mapping[str, object] = field(default_factory=dict)
    plural: str = ""
    count: int = 0

    def __str__(self) -> str:
        text = ngettext(self.message, self.plural, self.count) if self.plural else _(self.message)
        return text.format_map(_Fields(self.values))


NOTHING = LazyText("")


def lazy(message: str, **values: object) -> LazyText:
    """`say(N_("{vm} is a template"), vm=vm.name_label)`; a value may itself be something said."""
    return LazyText(message, values)


class _Fields(dict[str, object]):
    def __missing__(self, _key: str) -> str:
        return "?"
