"""What a console's page says, in the reader's language."""

from __future__ import annotations

from data.consoles import Standing
from data.views.vm import VMView
from xo_dash.i18n import _


def page_words() -> dict[str, object]:
    """Of `modules/*.js`; `{vm}`, `{host}` and the like are filled there."""
    return {
        "keys": _("Keys"),
        "type": _("Type text…"),
        "scale": _("Scale"),
        "fit": _("Fit"),
        "view_only": _("View only"),
        "keyboard": _("Keyboard"),
        "full_screen": _("Full screen"),
        "window": _("Open in a window"),
        "back": _("Back to the VM"),
        "start": _("Start"),
        "connect": _("Connect"),
        "again": _("Try again"),
        "sign_in": _("Sign in"),
        "close": _("Close"),
        "held": _("{key} is held for the next key."),
        "locked": _("{key} stays down; press again to release."),
        "through": _("Connected through {host}"),
        "milliseconds": _("ms"),
        "seconds": _("{n} s"),
        "minutes": _("{n} min"),
        "hours": _("{n} h"),
        "age": _("The picture is {age} old."),
        "goes_to_vm": _("The VM has the keyboard"),
        "right_ctrl": _("Right Ctrl"),
        "releases": _("releases it"),
        "click": _("Click the picture to type"),
        "stays": _("Keys are not sent until it is connected"),
        "not_connected": _("Not connected"),
        "needs_operator": _("Typing needs the operator role"),
        "only_looking": _("View only: keys and mouse are not sent"),
        "type_title": _("Type text"),
        "type_go": _("Type"),
        "type_stop": _("Stop"),
        "type_count": _("lines: {lines}, characters: {characters}"),
        "type_line": _("Typing line {line} of {lines}, {left} s left"),
        "type_hint": _("Sent key by key, 20 ms apart. The guest's keyboard layout decides what appears."),
        "states": state_words(),
    }


def state_words() -> dict[str, tuple[str, str]]:
    """{how a console stands, or why it ended: (title, what becomes of it)}"""
    by_itself, trying = _("Connects as soon as it shows a picture."), _("Retrying every 5 seconds.")
    return {
        "connecting": (_("Connecting to {vm}"), ""),
        "restarting": (_("{vm} is restarting"), by_itself),
        "starting": (_("{vm} is starting"), by_itself),
        "migrating": (_("{vm} is migrating"), _("Connects to its new host automatically.")),
        "stopping": (_("{vm} is shutting down"), ""),
        "reconnecting": (_("Reconnecting to {vm}"), by_itself),
        "halted": (_("{vm} is halted"), _("Connects automatically when it starts.")),
        "suspended": (_("{vm} is suspended"), _("Connects automatically when it is resumed.")),
        "paused": (_("{vm} is paused"), _("Connects automatically when it is unpaused.")),
        "no_console": (_("{vm} has no graphical console"), _("Its text console may show more.")),
        "no_picture": (_("{vm} shows no picture"), trying),
        "host_down": (_("{host} is not responding"), _("Connects automatically when the host responds.")),
        "offline": (_("No connection to the pool of {vm}"), _("Connects automatically when the pool responds.")),
        "unreachable": (_("No response from {host}"), trying),
        "busy": (_("Another user is using this console"), _("The pool allows one session at a time. Retrying every 5 seconds.")),
        "refused": (
            _("{host} refuses its console"),
            _("The account that xo-dash uses for this pool does not have permission to open consoles."),
        ),
        "certificate": (_("The certificate of {host} is not trusted"), _("An administrator can compare it in Settings.")),
        "idle": (_("Disconnected: nothing was typed for a while"), _("The pool ends idle consoles.")),
        "lost": (_("No connection to xo-dash"), _("Retrying automatically.")),
        "signed_out": (_("You are signed out"), ""),
        "no_right": (_("You do not have access to this console"), _("Ask an administrator.")),
        "gone": (_("This VM no longer exists"), ""),
        "too_many": (_("Too many consoles are open"), _("Close some of them, then try again.")),
        "not_rfb": (_("The connection to {vm} was ended"), ""),
    }


def missing() -> str:
    """Where the build could not bring noVNC."""
    return _("This installation has no graphical consoles: noVNC could not be downloaded during the installation. Reinstall xo-dash.")


def standing_words(vm: VMView, standing: Standing) -> tuple[str, str]:
    """(title, what becomes of it) of a VM whose console stands so."""
    fields = {"vm": vm.name, "host": vm.host.name if vm.host else ""}
    title, text = state_words()[standing]
    return title.format(**fields), text.format(**fields)
