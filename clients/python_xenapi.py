"""PyPI's XenAPI: sign in, calls, failures, tasks of Async calls, events."""

from __future__ import annotations

import time
from importlib.metadata import version
from typing import Any

import XenAPI
from steps import Target, expect, take


class Client:
    def __init__(self, target: Target) -> None:
        self.target = target
        self.session = XenAPI.Session(target.url, ignore_ssl=True)
        self.api: Any = self.session.xenapi
        self.token = ""
        self.vm = ""

    def login(self) -> None:
        self.api.login_with_password(self.target.user, self.target.password, "1.0", "clients")

    def calls(self) -> None:
        for xapi_class in ("host", "VM", "VDI", "VBD", "SR", "PBD", "network", "PIF", "VIF", "pool", "task", "message"):
            records = getattr(self.api, xapi_class).get_all_records()
            shapes = {frozenset(record) for record in records.values()}
            expect(len(shapes) <= 1, f"{len(shapes)} shapes of {xapi_class} records")
        templates = self.api.VM.get_all_records_where('field "is_a_template"="true" and field "is_a_snapshot"="false"')
        template = next(ref for ref, record in templates.items() if record["name_label"] == "Other install media")
        self.vm = self.api.VM.clone(template, "made by XenAPI")
        self.api.VM.add_to_other_config(self.vm, "clients", "<&>é")
        expect(self.api.VM.get_other_config(self.vm)["clients"] == "<&>é", "other_config came back changed")
        self.api.VM.provision(self.vm)

    def failures(self) -> None:
        try:
            self.api.VM.get_record("OpaqueRef:nothing")
        except XenAPI.Failure as failure:
            expect(failure.details == ["HANDLE_INVALID", "VM", "OpaqueRef:nothing"], str(failure.details))
        else:
            raise AssertionError("a wrong reference has a record")

    def events(self) -> None:
        answer = self._events(["*"], "", 5.0)
        expect({event["operation"] for event in answer["events"]} == {"add"}, "the first answer has more than additions")
        classes = {event["class"] for event in answer["events"]}
        expect({"vm", "host", "pool", "sr"} <= classes, f"only {sorted(classes)}")
        self.token = answer["token"]

    def asynchronous(self) -> None:
        task = self.api.Async.VM.start(self.vm, False, False)
        while self.api.task.get_status(task) == "pending":
            time.sleep(0.05)
        record = self.api.task.get_record(task)
        expect(record["status"] == "success", f"{record['status']} {record['error_info']}")
        expect(record["name_label"] == "Async.VM.start", record["name_label"])
        self.api.task.destroy(task)

    def changes(self) -> None:
        seen = self._events(["vm"], self.token, 5.0)["events"]
        states = {event["snapshot"]["power_state"] for event in seen if event["ref"] == self.vm}
        expect(states == {"Running"}, f"the VM is {states}")

    def remove(self) -> None:
        self.api.VM.hard_shutdown(self.vm)
        for vbd in self.api.VM.get_VBDs(self.vm):
            if self.api.VBD.get_type(vbd) == "Disk":
                self.api.VDI.destroy(self.api.VBD.get_VDI(vbd))
        self.api.VM.destroy(self.vm)

    def logout(self) -> None:
        self.api.session.logout()

    def _events(self, classes: list[str], token: str, timeout: float) -> dict[str, Any]:
        answer: dict[str, Any] = getattr(self.api.event, "from")(classes, token, timeout)
        return answer


def main() -> None:
    client = Client(Target.given())
    take(
        f"XenAPI {version('XenAPI')}",
        {
            "login": client.login,
            "calls": client.calls,
            "failures": client.failures,
            "event.from": client.events,
            "Async": client.asynchronous,
            "changes": client.changes,
            "remove": client.remove,
            "logout": client.logout,
        },
    )


if __name__ == "__main__":
    main()
