"""What keeps an SR in order: scanning it by itself, and giving its free space back to the array below."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Annotated, Final

from data.names import name_of
from data.objects import SR
from data.stores.users import Role
from data.types import NULL_REF, XapiObject
from xo_dash.control.action import Action, AnyAction
from xo_dash.control.failures import plain
from xo_dash.control.labels import never
from xo_dash.control.lazy_text import LazyText, lazy
from xo_dash.control.plan import Call, Plan
from xo_dash.control.requests.request import NoRequest, Request
from xo_dash.control.requests.types import called
from xo_dash.control.sr.attach import cannot_scan, is_sr
from xo_dash.control.sr.use import attached_paths, has_feature
from xo_dash.control.writes import setting_key
from xo_dash.i18n import N_

AUTO_SCAN_KEY: Final = "auto-scan"
"""In its other_config. Source: xapi scans SRs that have it as "true" every 30 seconds."""
MESSAGE: Final = re.compile(r"<key>errmsg</key>\s*<value>([^<]{0,300})")


class AutoScan(Request, frozen=True, kw_only=True):
    """Whether the pool looks by itself for what others put there."""

    on: Annotated[bool, called(N_("Scan automatically"), hint=N_("For SRs whose files are added from outside, such as ISO libraries"))]


def auto_scan(request: AutoScan, sr: SR) -> Plan:
    says = lazy(N_("Setting how {name} is scanned"), name=name_of(sr))
    return setting_key(sr, "other_config", AUTO_SCAN_KEY, "true" if request.on else "false", says)


def scans_itself(srs: Sequence[SR]) -> Mapping[str, object]:
    return {"on": all(sr.other_config.get(AUTO_SCAN_KEY) == "true" for sr in srs)}


def can_trim(subject: XapiObject) -> bool:
    """Whether its driver lists it: those of volumes on LUNs and disks."""
    return isinstance(subject, SR) and has_feature(subject, "SR_TRIM")


def trim(request: NoRequest, sr: SR) -> Plan:
    """On the host whose path comes last: the master's, where it has one, which alone may change a shared SR."""
    paths = attached_paths(sr)
    host = paths[-1].host if paths else NULL_REF
    yield Call("host.call_plugin", host, "trim", "do_trim", {"sr_uuid": sr.uuid},
               says=lazy(N_("Trimming {name}"), name=name_of(sr)), judge=not_trimmed)  # fmt: skip


def not_trimmed(answer: object) -> LazyText | None:
    """Source: the plugin succeeds with `True`, or with XML that has why it did nothing."""
    if not isinstance(answer, str) or answer.strip() == "True":
        return None
    found = MESSAGE.search(answer)
    return lazy(N_("the SR could not be trimmed ({reason})"), reason=plain(found[1]) if found else "–")


AUTO_SCAN: Final[AnyAction] = Action(
    id="sr.auto_scan", kind=SR, request=AutoScan, title=N_("Set auto-scan"), done=N_("Auto-scan of {name} is set"), role=Role.ADMIN,
    icon="search", group="settings", applies_to=is_sr, blocked=never, defaults=scans_itself, plan=auto_scan,
)  # fmt: skip
TRIM: Final[AnyAction] = Action(
    id="sr.trim", kind=SR, title=N_("Trim"), done=N_("{name} is trimmed"), role=Role.OPERATOR, icon="minus",
    applies_to=can_trim, blocked=cannot_scan, plan=trim,
    warning=N_("Free space is given back to the storage array. It may slow down disks on this SR for some minutes."),
)  # fmt: skip
