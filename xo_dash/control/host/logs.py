"""A host's logs as a file, for oneself or for support."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Final

from data.facts.pool import is_master
from data.names import name_of
from data.objects import Host
from data.stores.users import Role
from xo_dash.control.action import Action, AnyAction
from xo_dash.control.host.conditions import silent
from xo_dash.control.labels import always
from xo_dash.control.lazy_text import lazy
from xo_dash.control.plan import Plan, Transfer
from xo_dash.control.requests.request import Request
from xo_dash.control.requests.types import called, one_of
from xo_dash.control.transfers.names import file_name
from xo_dash.i18n import N_

LOGS, REPORT = "logs", "report"
CONTENTS: Final[Mapping[str, str]] = {LOGS: N_("Logs only"), REPORT: N_("Status report for support: logs, settings, hardware")}


class DownloadLogs(Request, frozen=True, kw_only=True):
    """Either is an archive; the report is large and takes minutes."""

    contents: Annotated[str, one_of(CONTENTS), called(N_("Contents"))] = LOGS


def plan(request: DownloadLogs, host: Host) -> Plan:
    name, address = name_of(host), "" if is_master(host) else host.address
    says = lazy(N_("Downloading the logs of {name}"), name=name)
    if request.contents == LOGS:
        yield Transfer("/host_logs_download", {}, says=says, label=f"Logs of {name}", name=file_name(f"{name}-logs", "tgz"), host=address)
    else:
        report, label = file_name(f"{name}-report", "tar"), f"Status report of {name}"
        yield Transfer("/system-status", {"output": "tar"}, says=says, label=label, name=report, host=address)


DOWNLOAD_LOGS: Final[AnyAction] = Action(
    id="host.logs", kind=Host, request=DownloadLogs, title=N_("Download logs"), done=N_("The logs of {name} are downloaded"),
    role=Role.ADMIN, icon="download", applies_to=always, blocked=silent, plan=plan, delivers=True,
)  # fmt: skip
