"""Images for CD drives: taken out of all drives, deleted from their library."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from data.names import name_of
from data.objects import VBD, VDI, VM
from data.stores.users import Role
from data.types import XapiObject
from xo_dash.control.action import Action, AnyAction
from xo_dash.control.lazy_text import LazyText, lazy
from xo_dash.control.plan import Call, Plan
from xo_dash.control.requests.request import NoRequest
from xo_dash.control.sr.use import names_of
from xo_dash.control.vdi.use import is_image, users_of
from xo_dash.control.words import under_way
from xo_dash.i18n import N_, _


def is_kept(subject: XapiObject) -> bool:
    """An image that people put there: the tools are the pool's."""
    return isinstance(subject, VDI) and is_image(subject) and not subject.is_tools_iso


def drives_with(image: VDI) -> list[VBD]:
    return [drive for drive in image.all_of(VBD, image.VBDs) if not drive.empty]


def in_no_drive(image: VDI) -> LazyText | None:
    if image.current_operations:
        return under_way(next(iter(image.current_operations.values())))
    return None if drives_with(image) else lazy(N_("it is in no drive"))


def eject(request: NoRequest, image: VDI) -> Plan:
    """A guest that has locked its drive keeps no other from it."""
    for drive in drives_with(image):
        vm = image.home.one(VM, drive.VM)
        says = lazy(N_("Ejecting the image from {name}"), name=name_of(vm) if vm is not None else "?")
        yield Call("VBD.eject", drive.ref, says=says, alone=True)


def cannot_delete(image: VDI) -> LazyText | None:
    if image.current_operations:
        return under_way(next(iter(image.current_operations.values())))
    users = users_of(image)
    return lazy(N_("it is in the drive of {names}; eject it there first"), names=names_of(users)) if users else None


def delete(request: NoRequest, image: VDI) -> Plan:
    yield Call("VDI.destroy", image.ref, says=lazy(N_("Deleting {name}"), name=name_of(image)))


def who_has_it(image: VDI) -> Sequence[str]:
    users = users_of(image)
    return [_("It is ejected from the drive of {names}").format(names=names_of(users))] if users else []


EJECT_EVERYWHERE: Final[AnyAction] = Action(
    id="vdi.eject", kind=VDI, title=N_("Eject everywhere"), done=N_("{name} is in no drive"), role=Role.OPERATOR, icon="disk",
    applies_to=is_image, blocked=in_no_drive, plan=eject, succeeded=lambda image: not drives_with(image), consequences=who_has_it,
    relevant=lambda image: bool(drives_with(image)), warning=N_("VMs that use the image lose access to it."),
)  # fmt: skip
DELETE_IMAGE: Final[AnyAction] = Action(
    id="vdi.delete_image", kind=VDI, title=N_("Delete image"), done=N_("{name} is deleted"), role=Role.OPERATOR, icon="trash", danger=True,
    applies_to=is_kept, blocked=cannot_delete, plan=delete, warning=N_("The file is removed from its library. This cannot be undone."),
)  # fmt: skip
