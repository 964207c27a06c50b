"""What happens in a pool: running tasks, and messages that stay."""

from __future__ import annotations

from typing import Annotated, ClassVar

from data.types import NEVER, NULL_REF, Int, Ref, XapiDate, XapiEnum, XapiObject


class TaskStatus(XapiEnum):
    PENDING = "pending"
    SUCCESS = "success"
    FAILURE = "failure"
    CANCELLING = "cancelling"
    CANCELLED = "cancelled"
    UNKNOWN = "unknown"


class Task(XapiObject):
    """A call of XAPI's under way. Once the status is no longer pending all other fields are final."""

    xapi_class: ClassVar = "task"
    name_label: str = ""  # "Async.VM.start", or what a tool called it
    name_description: str = ""
    status: TaskStatus = TaskStatus.PENDING
    progress: float = 0.0  # 0 to 1, coarse
    created: XapiDate = NEVER
    finished: XapiDate = NEVER
    resident_on: Annotated[Ref, "Host"] = NULL_REF
    result: str = ""  # XML of the value; "" from older xapi
    error_info: list[str] = []  # code, arguments
    subtask_of: Annotated[Ref, "Task"] = NULL_REF
    other_config: dict[str, str] = {}
    allowed_operations: frozenset[str] = frozenset()
    current_operations: Annotated[dict[str, str], "Task"] = {}  # task ref -> operation

    def __post_init__(self) -> None:
        if not 0 <= self.progress <= 1:  # also for NaN, which a real xapi tells of some tasks
            self.progress = 0.0


class Message(XapiObject):
    """XAPI's own alert or note; priority 1 is data loss, 5 information."""

    xapi_class: ClassVar = "message"
    name: str = ""
    priority: Int = 5
    cls: str = ""
    obj_uuid: str = ""
    timestamp: XapiDate = NEVER
    body: str = ""
