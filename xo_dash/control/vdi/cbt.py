"""Changed block tracking of a disk: backups then read what changed alone."""

from __future__ import annotations

from typing import Final

from data.names import name_of
from data.objects import SR, VDI
from data.stores.users import Role
from xo_dash.control.action import Action, AnyAction
from xo_dash.control.lazy_text import LazyText, lazy
from xo_dash.control.plan import Plan, one
from xo_dash.control.requests.request import NoRequest
from xo_dash.control.sr.use import has_feature
from xo_dash.control.vdi.use import is_disk
from xo_dash.control.words import under_way
from xo_dash.i18n import N_


def cannot_enable(vdi: VDI) -> LazyText | None:
    sr = vdi.home.one(SR, vdi.SR)
    if vdi.cbt_enabled:
        return lazy(N_("changed block tracking is already on"))
    if sr is None or not has_feature(sr, "VDI_CONFIG_CBT"):
        return lazy(N_("the driver of its SR does not support changed block tracking"))
    if vdi.sm_config.get("type") == "raw":
        return lazy(N_("raw disks have no changed block tracking"))
    return busy(vdi)


def cannot_disable(vdi: VDI) -> LazyText | None:
    return busy(vdi) if vdi.cbt_enabled else lazy(N_("changed block tracking is already off"))


def busy(vdi: VDI) -> LazyText | None:
    return under_way(next(iter(vdi.current_operations.values()))) if vdi.current_operations else None


def enable(request: NoRequest, vdi: VDI) -> Plan:
    return one("VDI.enable_cbt", vdi.ref, says=lazy(N_("Enabling changed block tracking of {name}"), name=name_of(vdi)))


def disable(request: NoRequest, vdi: VDI) -> Plan:
    return one("VDI.disable_cbt", vdi.ref, says=lazy(N_("Disabling changed block tracking of {name}"), name=name_of(vdi)))


ENABLE_CBT: Final[AnyAction] = Action(
    id="vdi.enable_cbt", kind=VDI, title=N_("Enable CBT"), done=N_("Changed block tracking of {name} is on"), role=Role.OPERATOR,
    icon="check", group="settings", applies_to=is_disk, blocked=cannot_enable, relevant=lambda vdi: not vdi.cbt_enabled, plan=enable,
    succeeded=lambda vdi: vdi.cbt_enabled, needs=("VDI.enable_cbt",),
)  # fmt: skip
DISABLE_CBT: Final[AnyAction] = Action(
    id="vdi.disable_cbt", kind=VDI, title=N_("Disable CBT"), done=N_("Changed block tracking of {name} is off"), role=Role.OPERATOR,
    icon="close", group="settings", applies_to=is_disk, blocked=cannot_disable, relevant=lambda vdi: vdi.cbt_enabled, plan=disable,
    succeeded=lambda vdi: not vdi.cbt_enabled, warning=N_("The next backup of the disk reads all of it."),
)  # fmt: skip
