"""Which of XAPI's VMs people mean by the word."""

from __future__ import annotations

from data.objects import VM
from data.types import XapiObject


def is_machine(subject: XapiObject) -> bool:
    """A VM that people mean by the word."""
    return isinstance(subject, VM) and not (subject.is_a_template or subject.is_a_snapshot or subject.is_control_domain)


def is_snapshot(subject: XapiObject) -> bool:
    return isinstance(subject, VM) and subject.is_a_snapshot
