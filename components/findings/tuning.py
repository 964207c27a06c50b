"""What is told: every rule with a switch, its limits, how long it must last, and for which tags; only administrators change it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from nicegui import ui

from components.actions import whoever
from components.findings.feed import FindingsFeed
from components.findings.rule_names import RULE_NAMES
from components.ui import Button, ButtonKind, Card, Dialog, Field, Tone, check, notify
from data.findings.finding import Limits, Rule
from data.findings.overrides import Tuning
from data.level import Level
from data.stores.errors import StoreError
from data.stores.users import Role
from data.texts import typed_decimal
from xo_dash.context import Context
from xo_dash.i18n import N_, _, duration, number, percent

GROUPS: Final[Mapping[str, str]] = {
    "pool": N_("Pools"), "host": N_("Hosts"), "sr": N_("Storage"), "disk": N_("Disks"), "network": N_("Networks"), "vm": N_("VMs"),
    "xapi": N_("XAPI"),
}  # fmt: skip


class LimitUnit(NamedTuple):
    """How a rule's value is written: times `factor`, with `sign` after it."""

    factor: float
    sign: str


def unit_of(rule: Rule) -> LimitUnit:
    """Source: data.findings; a value rises with the trouble, so that days left are negative there."""
    if rule.unit == "seconds" and max(filter(None, rule.limits), default=1.0) < 1:
        return LimitUnit(1000, _("ms"))
    return {
        "share": LimitUnit(100, "%"), "days": LimitUnit(1, _("d")), "days_left": LimitUnit(-1, _("d")), "seconds": LimitUnit(1, _("s")),
        "gib": LimitUnit(1, _("GiB")), "count": LimitUnit(1, ""),
    }.get(rule.unit, LimitUnit(1, ""))  # fmt: skip


def said(rule: Rule, value: float | None) -> str:
    """A limit in its unit, as one types it: "85"."""
    if value is None:
        return ""
    return f"{round(value * unit_of(rule).factor, 3):g}"


def read(rule: Rule, text: str) -> float | None:
    """The other way round; None for nothing. Raises ValueError."""
    if not text.strip():
        return None
    value = typed_decimal(text)
    if value is None or value > 1e6:
        raise ValueError
    return value / unit_of(rule).factor


def limits_words(rule: Rule, limits: Limits, hold: float) -> str:
    """`warning from 85 %, critical from 95 %, after 10 min`"""
    parts = []
    if rule.unit:
        left = rule.unit == "days_left"
        told = (
            (limits.information, _("information at {limit} or more")),
            (limits.warning, _("warning at {limit} or less") if left else _("warning at {limit} or more")),
            (limits.critical, _("critical at {limit} or less") if left else _("critical at {limit} or more")),
        )
        for value, words in told:
            if value is not None:
                parts.append(words.format(limit=_amount(rule, value)))
    else:
        worst = max((level for level, limit in zip(Level, (None, *limits), strict=True) if limit is not None), default=Level.NONE)
        parts.append({Level.INFORMATION: _("information"), Level.WARNING: _("warning"), Level.CRITICAL: _("critical")}.get(worst, ""))
    if hold:
        parts.append(_("after {time}").format(time=duration(hold)))
    return ", ".join(filter(None, parts))


def _amount(rule: Rule, value: float) -> str:
    if rule.unit == "share":
        return percent(value)
    sign = unit_of(rule).sign
    return f"{said(rule, value)}{chr(0x202F)}{sign}" if sign else said(rule, value)


class RuleList(ui.element):
    """The table of rules, by what they are about."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        self.classes("x-stack")
        user = whoever()
        self._context = context
        self._may = user is not None and user.role.includes(Role.ADMIN)
        with self:
            if not self._may:
                ui.label(_("Only administrators can change this.")).classes("x-dim")
            for group, title in GROUPS.items():
                rules = [rule for rule in context.mirror.findings.rules if rule.key.split(".")[0] == group]
                with Card(_(title)), ui.element().classes("xo-rules"):
                    for rule in sorted(rules, key=lambda rule: -_worst(rule.limits)):
                        RuleRow(context, rule, self._may)


def _worst(limits: Limits) -> int:
    return max((place for place, limit in enumerate(limits) if limit is not None), default=-1)


class RuleRow(ui.element):
    """One rule: a switch, its name, what it says from when on, and its dialog."""

    def __init__(self, context: Context, rule: Rule, may: bool) -> None:
        super().__init__()
        self.classes("xo-rule").mark(f"rule-{rule.key}")
        self._context, self._rule = context, rule
        with self:
            self._on = check("", self._tuning.on, on_change=self._switch).props("dense")
            self._on.props["aria-label"] = _(RULE_NAMES[rule.key])
            self._on.enabled = may
            self._name = ui.label(_(RULE_NAMES[rule.key])).classes("xo-rule-name")
            self._limits = ui.label().classes("xo-rule-limits")
            edit = Button(kind=ButtonKind.GHOST, icon="edit", label=_("Edit"), on_click=self._edit).mark(f"edit-{rule.key}")
            edit.set_visibility(may)
        self._show()

    @property
    def _tuning(self) -> Tuning:
        return self._context.mirror.findings.overrides.tunings.get(self._rule.key, Tuning())

    def _show(self) -> None:
        overrides, tuning = self._context.mirror.findings.overrides, self._tuning
        text = limits_words(self._rule, overrides.limits(self._rule), overrides.hold(self._rule))
        if tuning.tags:
            text += " · " + _("only with the tags {tags}").format(tags=", ".join(tuning.tags))
        if tuning._replace(on=True) != Tuning():
            text += " · " + _("changed")
        self._limits.text = text
        self.classes(add="" if tuning.on else "xo-rule-off", remove="xo-rule-off" if tuning.on else "")
        if self._on.value != tuning.on:
            self._on.value = tuning.on

    async def _switch(self) -> None:
        if bool(self._on.value) != self._tuning.on:
            await self._keep(self._tuning._replace(on=bool(self._on.value)))

    async def _keep(self, tuning: Tuning) -> None:
        user = whoever()
        if user is None or not user.role.includes(Role.ADMIN):
            notify(_("Only administrators can change this."), Tone.WARNING)
        else:
            try:
                await self._context.servers.watch.tune(self._rule, tuning)
            except StoreError as error:
                notify(str(error), Tone.CRITICAL)
        self._context.shared(FindingsFeed).refresh()
        self._show()

    async def _edit(self) -> None:
        dialog = TuningDialog(self._rule, self._tuning)
        try:
            tuning = await dialog
        finally:
            if not dialog.is_deleted:
                dialog.delete()
        if isinstance(tuning, Tuning):
            await self._keep(tuning)


class TuningDialog(Dialog):
    """Gives a Tuning; an empty field is the rule's own number."""

    def __init__(self, rule: Rule, tuning: Tuning) -> None:
        super().__init__(_(RULE_NAMES[rule.key]))
        self._rule, self._tuning = rule, tuning
        sign = _("days") if rule.unit in ("days", "days_left") else unit_of(rule).sign
        self._fields: dict[str, Field] = {}
        with self:
            if rule.unit:
                left = rule.unit == "days_left"
                titles = (
                    (_("Warning at or below"), _("Critical at or below")) if left else (_("Warning at or above"), _("Critical at or above"))
                )
                for name, title in zip(("warning", "critical"), titles, strict=True):
                    if getattr(rule.limits, name) is not None:
                        self._field(name, f"{title}, {sign}" if sign else title, getattr(tuning, name))
            minutes = None if tuning.hold is None else tuning.hold / 60
            self._fields["hold"] = Field(
                _("Alert after (minutes)"), "" if minutes is None else f"{minutes:g}", placeholder=number(rule.hold / 60, 1)
            )
            if issubclass(rule.kind, object) and "tags" in getattr(rule.kind, "__struct_fields__", ()):
                self._fields["tags"] = Field(_("Only objects with any of these tags"), ", ".join(tuning.tags), hint=_("Comma separated"))
        with self.foot:
            Button(_("Reset"), lambda: self.submit(Tuning(on=tuning.on)), kind=ButtonKind.GHOST).mark("reset-rule")
        self.answers(_("Cancel"), _("Save"), self._save)

    def _field(self, name: str, title: str, value: float | None) -> None:
        self._fields[name] = Field(title, said(self._rule, value), placeholder=said(self._rule, getattr(self._rule.limits, name)))

    def _save(self) -> None:
        values: dict[str, float | None] = {}
        good = True
        for name in ("warning", "critical", "hold"):
            if (field := self._fields.get(name)) is None:
                continue
            field.fault(None)
            try:
                text = str(field.value or "")
                values[name] = _minutes(text) if name == "hold" else read(self._rule, text)
            except ValueError:
                field.fault(_("a number, 0 or more"))
                good = False
        if good and not self._is_ordered(values):
            self._fields["critical"].fault(_("the critical limit must be beyond the warning limit"))
            good = False
        if good:
            text = str(self._fields["tags"].value or "") if "tags" in self._fields else ""
            tags = tuple(dict.fromkeys(tag.strip() for tag in text.split(",") if tag.strip()))
            self.submit(Tuning(self._tuning.on, values.get("warning"), values.get("critical"), values.get("hold"), tags))

    def _is_ordered(self, values: Mapping[str, float | None]) -> bool:
        own = self._rule.limits
        warning = values.get("warning") if values.get("warning") is not None else own.warning
        critical = values.get("critical") if values.get("critical") is not None else own.critical
        return warning is None or critical is None or warning <= critical


def _minutes(text: str) -> float | None:
    if not text.strip():
        return None
    value = typed_decimal(text)
    if value is None or value > 60 * 24 * 30:
        raise ValueError
    return value * 60
