"""Another name, another description, other tags: the same for every kind of object that people name."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Annotated, Final, TypeVar

from msgspec import Meta

from data.names import name_of
from data.objects import SR, VDI, VM, Appliance, Host, Network, Pool
from data.stores.users import Role
from xo_dash.control.action import Action
from xo_dash.control.lazy_text import LazyText, lazy
from xo_dash.control.plan import Call, Plan, one
from xo_dash.control.requests.fault import Fault
from xo_dash.control.requests.request import Request
from xo_dash.control.requests.types import Lines, NamePattern, called
from xo_dash.i18n import N_

Named = TypeVar("Named", VM, Host, Pool, SR, Network, VDI, Appliance)
"""What has a name_label and a name_description that may be set."""
Tagged = TypeVar("Tagged", VM, Host, Pool, SR, Network, VDI)
"""What has tags too."""
LONGEST_TAG: Final = 100
MOST_TAGS: Final = 100
COMMA: Final = ","
"""A tag that has one cannot be written in a list: such tags of others stay as they are."""
Tag = Annotated[str, Meta(min_length=1, max_length=LONGEST_TAG, extra={"line": True})]
Tags = Annotated[tuple[Tag, ...], Meta(max_length=MOST_TAGS)]


class Rename(Request, frozen=True, kw_only=True):
    """Another name."""

    name: Annotated[NamePattern, called(N_("New name"))]


class Describe(Request, frozen=True, kw_only=True):
    """Another description; an empty one is none."""

    description: Annotated[Lines, called(N_("Description"))]


def renaming(
    kind: type[Named],
    role: Role,
    applies_to: Callable[[Named], bool],
    blocked: Callable[[Named], LazyText | None],
    check: Callable[[Rename, Named], Iterable[Fault]] = lambda _request, _subject: (),
) -> Action[Named, Rename]:
    """The command `<kind>.rename`; `blocked` says of which objects the name is not ours to set, `check` what is wrong with one."""
    method = f"{kind.xapi_class}.set_name_label"

    def plan(request: Rename, subject: Named) -> Plan:
        if request.name != subject.name_label:
            says = lazy(N_("Renaming {name} to {new}"), name=name_of(subject), new=request.name)
            yield Call(method, subject.ref, request.name, says=says, asynchronous=False)

    return Action(
        id=f"{kind.xapi_class.lower()}.rename", kind=kind, request=Rename, title=N_("Rename"), done=N_("{name} is renamed"), role=role,
        icon="edit", applies_to=applies_to, blocked=blocked, check=check, edits=True, defaults=_name, plan=plan,
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
        edits=True, defaults=_description, plan=plan,
    )  # fmt: skip


class SetTags(Request, frozen=True, kw_only=True):
    """These tags and no others."""

    tags: Annotated[Tags, called(N_("Tags"), hint=N_("Comma separated"))] = ()


def tag_steps(subject: Tagged, tags: Sequence[str]) -> Plan:
    """Add what is missing and remove what is too many, one by one, so that what others write meanwhile stays."""
    kind = subject.xapi_class
    for tag in dict.fromkeys(tags):
        if tag not in subject.tags:
            says = lazy(N_("Adding the tag “{tag}” to {name}"), tag=tag, name=name_of(subject))
            yield _tagging(f"{kind}.add_tags", f"{kind}.remove_tags", subject, tag, says)
    for tag in subject.tags:
        if tag not in tags and COMMA not in tag:
            says = lazy(N_("Removing the tag “{tag}” from {name}"), tag=tag, name=name_of(subject))
            yield _tagging(f"{kind}.remove_tags", f"{kind}.add_tags", subject, tag, says)


def _tagging(method: str, back: str, subject: Tagged, tag: str, says: LazyText) -> Call:
    undo = lambda _: one(back, subject.ref, tag, says=says, asynchronous=False)  # noqa: E731
    return Call(method, subject.ref, tag, says=says, undo=undo, asynchronous=False)


def tagging(
    kind: type[Tagged], role: Role, applies_to: Callable[[Tagged], bool], blocked: Callable[[Tagged], LazyText | None]
) -> Action[Tagged, SetTags]:
    """The command `<kind>.tags`."""

    def plan(request: SetTags, subject: Tagged) -> Plan:
        return tag_steps(subject, request.tags)

    return Action(
        id=f"{kind.xapi_class.lower()}.tags", kind=kind, request=SetTags, title=N_("Edit tags"), done=N_("The tags of {name} are changed"),
        role=role, icon="tag", group="settings", applies_to=applies_to, blocked=blocked, defaults=_tags, plan=plan,
    )  # fmt: skip


def _tags(subjects: Sequence[Tagged]) -> Mapping[str, object]:
    """What they have in common."""
    common = set.intersection(*(set(subject.tags) for subject in subjects))
    return {"tags": tuple(sorted(tag for tag in common if COMMA not in tag))}


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
