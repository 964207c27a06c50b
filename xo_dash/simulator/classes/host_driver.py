"""Drivers of hosts that come in several variants. Our hosts have none; a pool's database may."""

from __future__ import annotations

from .. import machine
from ..call import Call
from ..errors import XapiError
from ..registry import message
from ..types import NULL


@message("Host_driver.rescan")
def rescan(call: Call, host: str) -> str:
    machine.need(call.pool, host)
    return ""


@message("Host_driver.select")
def select(call: Call, driver: str, variant: str) -> str:
    """Runs from the next start of the host on."""
    if variant not in call.db.get(driver, "variants"):
        raise XapiError("INVALID_VALUE", "variant", variant)
    if not call.db.get(variant, "hardware_present"):
        raise XapiError("HOST_DRIVER_NO_HARDWARE", variant)
    call.db.set(driver, selected_variant=variant)
    return ""


@message("Driver_variant.select")
def select_variant(call: Call, variant: str) -> str:
    return select(call, call.db.get(variant, "driver"), variant)


@message("Host_driver.deselect")
def deselect(call: Call, driver: str) -> str:
    call.db.set(driver, active_variant=NULL, selected_variant=NULL)
    return ""
