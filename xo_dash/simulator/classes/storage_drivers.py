"""What only a driver may write about its own SR, by a session that xapi gave it: everybody else is denied, whatever the value."""

from __future__ import annotations

from ..call import Call
from ..errors import XapiError
from ..registry import message


def denied() -> XapiError:
    return XapiError("PERMISSION_DENIED", "")


@message("SR.set_physical_size", "SR.set_physical_utilisation", "SR.set_virtual_allocation")
def set_size(_call: Call, _ref: str, _value: int) -> str:
    """Nobody looks whether there is such an SR."""
    raise denied()


@message("VDI.set_sharable", "VDI.set_read_only", "VDI.set_managed", "VDI.set_missing", "VDI.set_is_a_snapshot", "VDI.set_cbt_enabled")
def set_flag(_call: Call, vdi: str, _value: bool) -> str:
    raise denied()


@message("VDI.set_virtual_size", "VDI.set_physical_utilisation")
def set_number(_call: Call, vdi: str, _value: int) -> str:
    raise denied()


@message("VDI.set_snapshot_of", "VDI.set_snapshot_time", "VDI.set_metadata_of_pool")
def set_origin(_call: Call, vdi: str, _value: str) -> str:
    raise denied()


@message("VDI.db_forget")
def db_forget(_call: Call, vdi: str) -> str:
    raise denied()


@message("PBD.set_device_config")
def set_device_config(_call: Call, _pbd: str, _value: dict[str, str]) -> str:
    raise denied()
