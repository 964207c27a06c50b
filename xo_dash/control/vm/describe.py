"""What people write about a VM: tags, notes, custom fields, a folder, in the keys that other tools use."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Final

from msgspec import Meta

from data.names import name_of
from data.objects import VM
from data.stores.users import Role
from data.vms import CUSTOM_FIELD, FOLDER, NOTES, folder_of, notes_of
from xo_dash.control.action import Action, AnyAction
from xo_dash.control.labels import Tag, never
from xo_dash.control.lazy_text import LazyText, lazy
from xo_dash.control.plan import Call, Plan, one
from xo_dash.control.requests.fault import Fault
from xo_dash.control.requests.request import Request
from xo_dash.control.requests.types import Lines, Name, called
from xo_dash.control.vm.kinds import is_machine
from xo_dash.control.writes import setting_key
from xo_dash.i18n import N_

Value = Annotated[str, Meta(max_length=1000, extra={"line": True})]


class AddTag(Request, frozen=True, kw_only=True):
    """One more tag."""

    tag: Annotated[Tag, called(N_("Tag"))]


class RemoveTag(Request, frozen=True, kw_only=True):
    """A tag less."""

    tag: Annotated[Tag, called(N_("Tag"))]


class WriteNotes(Request, frozen=True, kw_only=True):
    """Notes in markdown; none takes them away."""

    notes: Annotated[Lines, called(N_("Notes"), hint=N_("Markdown; also shown by Xen Orchestra"))]


class SetCustomField(Request, frozen=True, kw_only=True):
    """A field of one's own; without a value it is taken away."""

    field: Annotated[Name, called(N_("Field"))]
    value: Annotated[Value, called(N_("Value"))] = ""


class SetFolder(Request, frozen=True, kw_only=True):
    """A folder, as XenCenter has them; none takes it out."""

    folder: Annotated[Value, called(N_("Folder"), hint=N_("Like /servers/web; also shown by XenCenter"))] = ""


def add_tag(request: AddTag, vm: VM) -> Plan:
    if request.tag not in vm.tags:
        says = lazy(N_("Adding the tag “{tag}” to {name}"), tag=request.tag, name=name_of(vm))
        undo = lambda _: one("VM.remove_tags", vm.ref, request.tag, says=says, asynchronous=False)  # noqa: E731
        yield Call("VM.add_tags", vm.ref, request.tag, says=says, undo=undo, asynchronous=False)


def remove_tag(request: RemoveTag, vm: VM) -> Plan:
    if request.tag in vm.tags:
        says = lazy(N_("Removing the tag “{tag}” from {name}"), tag=request.tag, name=name_of(vm))
        yield Call("VM.remove_tags", vm.ref, request.tag, says=says, asynchronous=False)


def untagged(vm: VM) -> LazyText | None:
    return None if vm.tags else lazy(N_("it has no tags"))


def write_notes(request: WriteNotes, vm: VM) -> Plan:
    if request.notes.strip() != notes_of(vm):
        yield from setting_key(vm, "other_config", NOTES, request.notes or None, lazy(N_("Writing the notes of {name}"), name=name_of(vm)))


def notes(vms: Sequence[VM]) -> Mapping[str, object]:
    found = {notes_of(vm) for vm in vms}
    return {"notes": found.pop() if len(found) == 1 else ""}


def set_custom_field(request: SetCustomField, vm: VM) -> Plan:
    says = lazy(N_("Setting the field “{field}” of {name}"), field=request.field, name=name_of(vm))
    yield from setting_key(vm, "other_config", CUSTOM_FIELD + request.field, request.value or None, says)


def set_folder(request: SetFolder, vm: VM) -> Plan:
    says = lazy(N_("Moving {name} to a folder"), name=name_of(vm))
    yield from setting_key(vm, "other_config", FOLDER, request.folder.rstrip("/") or None, says)


def check_folder(request: SetFolder, vm: VM) -> Iterator[Fault]:
    if request.folder and (not request.folder.startswith("/") or "//" in request.folder or ";" in request.folder):
        yield Fault("folder", lazy(N_("a folder begins with a slash, like {example}"), example="/servers/web"))


def folder(vms: Sequence[VM]) -> Mapping[str, object]:
    found = {folder_of(vm) for vm in vms}
    return {"folder": found.pop() if len(found) == 1 else ""}


ADD_TAG: Final[AnyAction] = Action(
    id="vm.add_tag", kind=VM, request=AddTag, title=N_("Add tag"), done=N_("The tag is added to {name}"), role=Role.OPERATOR,
    icon="tag", group="settings", applies_to=is_machine, blocked=never, plan=add_tag,
)  # fmt: skip
REMOVE_TAG: Final[AnyAction] = Action(
    id="vm.remove_tag", kind=VM, request=RemoveTag, title=N_("Remove tag"), done=N_("The tag is removed from {name}"), role=Role.OPERATOR,
    icon="tag", group="settings", applies_to=is_machine, blocked=untagged, plan=remove_tag,
)  # fmt: skip
WRITE_NOTES: Final[AnyAction] = Action(
    id="vm.notes", kind=VM, request=WriteNotes, title=N_("Edit notes"), done=N_("The notes of {name} are changed"), role=Role.OPERATOR,
    icon="edit", group="settings", applies_to=is_machine, blocked=never, edits=True, defaults=notes, plan=write_notes,
)  # fmt: skip
CUSTOM_FIELDS: Final[AnyAction] = Action(
    id="vm.custom_field", kind=VM, request=SetCustomField, title=N_("Set custom field"), done=N_("A custom field of {name} is set"),
    role=Role.OPERATOR, icon="edit", group="settings", applies_to=is_machine, blocked=never, plan=set_custom_field,
)  # fmt: skip
PUT_INTO_FOLDER: Final[AnyAction] = Action(
    id="vm.folder", kind=VM, request=SetFolder, title=N_("Move to folder"), done=N_("{name} is in another folder"),
    role=Role.OPERATOR, icon="folder", group="settings", applies_to=is_machine, blocked=never, edits=True, defaults=folder,
    check=check_folder, plan=set_folder,
)  # fmt: skip
WRITTEN: Final = (ADD_TAG, REMOVE_TAG, WRITE_NOTES, CUSTOM_FIELDS, PUT_INTO_FOLDER)
