"""A message of XAPI's as it is shown. Moments are epoch seconds."""

from __future__ import annotations

from typing import ClassVar, Final, TypeVar

from data import messages
from data.names import pool_name
from data.objects import Message
from data.types import timestamp
from data.views.about import about
from data.views.things import POOL_NAME
from data.views.view import Fact, View, is_present

V = TypeVar("V")
ABOUT: Final = (
    "cls", "obj_uuid", "body", "VM.name_label", "VM.is_a_snapshot", "VM.is_control_domain", "VM.snapshot_of", "Host.name_label",
    "Host.hostname", "SR.name_label", "VDI.name_label", "VDI.SR", "VDI.VBDs.VM", "Certificate.name", *POOL_NAME,
)  # fmt: skip


class _Fact(Fact[Message, V]):
    pass


class MessageView(View[Message]):
    """Everything that is shown of a message."""

    kind: ClassVar = Message

    present = _Fact(is_present)
    """False once somebody dismissed it; all else stays as it was last."""
    is_fresh = _Fact(lambda message: message.home.server.is_live, "Server.state")
    pool = _Fact(lambda message: pool_name(message.home), *POOL_NAME)
    """Its name."""
    name = _Fact(lambda message: message.name, "name")
    """What happened, as XAPI calls it: `VM_STARTED`."""
    alarm = _Fact(messages.alarm_of, "name", "body")
    """What was measured, where it is that kind of message."""
    level = _Fact(messages.level_of, "priority")
    raised = _Fact(lambda message: timestamp(message.timestamp), "timestamp")
    about = _Fact(lambda message: about(messages.subject_of(message), messages.subject_name(message)), *ABOUT)
    about_kind = _Fact(lambda message: message.cls, "cls")
    """The class of that, as XAPI calls it."""
    body = _Fact(lambda message: message.body, "body")
