"""Which of XAPI's VMs people mean by the word."""

from __future__ import annotations

from data.objects import VM
from data.trash import is_trashed
from data.types import XapiObject


def is_machine(subject: XapiObject) -> bool:
    """A VM that people mean by the word; what is in the trash is none any more."""
    return (
        isinstance(subject, VM)
        and not (subject.is_a_template or subject.is_a_snapshot or subject.is_control_domain)
        and not is_trashed(subject)
    )


def is_snapshot(subject: XapiObject) -> bool:
    return isinstance(subject, VM) and subject.is_a_snapshot


def is_template(subject: XapiObject) -> bool:
    """One that VMs are made from: a snapshot has that flag too."""
    return isinstance(subject, VM) and subject.is_a_template and not subject.is_a_snapshot
