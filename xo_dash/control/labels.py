"""Another name, another description: the same for every kind of object that people name."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, TypeVar

from data.names import name_of
from data.objects import SR, VDI, VM, Host, Network, Pool
from data.stores.users import Role
from xo_dash.control.action import Action
from xo_dash.control.lazy_text import LazyText, lazy
from xo_dash.control.plan import Call, Plan
from xo_dash.control.request import Lines, NamePattern, Request, called
from xo_dash.i18n import N_

Named = TypeVar("Named", VM, Host, Pool, SR, Network, VDI)
"""What has a name_label and a name_description that may be set."""


class Rename(Request, frozen=True, kw_only=True):
    """Another name."""

    name: Annotated[NamePattern, called(N_("New name"))]


class Describe(Request, frozen=True, kw_only=True):
    """Another description; an empty one is none."""

    description: Annotated[Lines, called(N_("Description"))]


def renaming(
    kind: type[Named], role: Role, applies_to: Callable[[Named], bool], blocked: Callable[[Named], LazyText | None]
) -> Action[Named, Rename]:
    """The command `<kind>.rename`; `blocked` says of which objects the name is not ours to set."""
    method = f"{kind.xapi_class}.set_name_label"

    def plan(request: Rename, subject: Named) -> Plan:
        if request.name != subject.name_label:
            says = lazy(N_("Renaming {name} to {new}"), name=name_of(subject), new=request.name)
            yield Call(method, subject.ref, request.name, says=says, asynchronous=False)

    return Action(
        id=f"{kind.xapi_class.lower()}.rename", kind=kind, request=Rename, title=N_("Rename"), done=N_("{name} is renamed"), role=role,
        icon="edit", applies_to=applies_to, blocked=blocked, defaults=_name, plan=plan,
    )  # fmt: skip


def describing(
    kind: type[Named], role: Role, applies_to: Callable[[Named], bool], blocked: Callable[[Named], LazyText | None]
) -> Action[Named, Describe]:
    """The command `<kind>.describe`."""
    method = f"{kind.xapi_class}.set_name_description"

    def plan(request: Describe, subject: Named) -> Plan:
        if request.description != subject.name_description:
            says = lazy(N_("Editing the description of {name}"), name=name_of(subject))
            yield Call(method, subject.ref, request.description, says=says, asynchronous=False)

    return Action(
        id=f"{kind.xapi_class.lower()}.describe", kind=kind, request=Describe, title=N_("Edit description"),
        done=N_("The description of {name} is changed"), role=role, icon="edit", applies_to=applies_to, blocked=blocked,
        defaults=_description, plan=plan,
    )  # fmt: skip


def _name(subjects: Sequence[Named]) -> Mapping[str, object]:
    return {"name": subjects[0].name_label if len(subjects) == 1 else "{name}"}


def _description(subjects: Sequence[Named]) -> Mapping[str, object]:
    """What they have in common."""
    found = {subject.name_description for subject in subjects}
    return {"description": found.pop() if len(found) == 1 else ""}


def always(_subject: object) -> bool:
    return True


def never(_subject: object) -> LazyText | None:
    """Nothing stands against it."""
    return None
