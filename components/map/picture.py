"""What stands on and around a saved picture of the map, in the reader's language: the words of `modules/saving.js` and `export.js`."""

from __future__ import annotations

from xo_dash.i18n import _


def picture_words() -> dict[str, object]:
    """{key: words}; sizes and groups as in `modules/arrange.js`, without what goes without saying."""
    return {
        "save": _("Save as picture"),
        "png": _("Picture (PNG)"),
        "svg": _("Drawing (SVG)"),
        "saved": _("The picture is saved."),
        "counts": _("hosts: {hosts}, VMs: {vms}"),
        "sizes": {"ram": _("area: RAM"), "equal": _("all VMs of one size"), "vcpu": _("area: vCPUs"), "disk": _("area: disks")},
        "groups": {
            "tag": _("by tag"),
            "os": _("by system"),
            "network": _("by network"),
            "sr": _("by SR"),
            "folder": _("by folder"),
        },
        "filter": _("filter: {text}"),
        "without": _("without {hosts}"),
        "system": _("Xen and dom0"),
    }
