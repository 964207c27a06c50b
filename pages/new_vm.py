"""`/new-vm?pool=…`: a new VM. `template=…` or `copy=…` (uuids) and `host=…` choose those at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from nicegui import background_tasks, ui

from components.actions.quotas import quota_lines
from components.live import fresh_slot
from components.new_vm.draft import Drafts, DraftSource, VMDraft, recall, remembered
from components.new_vm.form import Form
from components.new_vm.progress import VMProgress
from components.new_vm.saved import SavedConfigs
from components.parts import page
from components.ui import Button, ButtonKind, PageHead
from data.stores.cloud_configs import ConfigKind
from data.types import Home
from data.views.host import HostView
from data.views.pool import PoolView
from data.views.vm import VMView
from pages.layout import frame
from pages.one_pool import OnePoolPage
from xo_dash.auth.current import current_actor, current_user
from xo_dash.context import Context
from xo_dash.control.run import Run
from xo_dash.control.vm.create import CREATE
from xo_dash.i18n import _

LAST = "new_vm.last"
"""The user's preference: what the last VM was made with."""


def create(program: Context) -> None:
    @page("/new-vm")
    def new_vm(pool: str = "", template: str = "", copy: str = "", host: str = "") -> None:
        context = program.for_viewer()
        with frame(context, title=_("New VM"), crumbs=[(_("VMs"), "/vms")]):
            _NewVm(context, program.shared(Drafts), pool, template, copy, host)


class _NewVm(OnePoolPage):
    def __init__(self, context: Context, drafts: Drafts, pool: str, template: str, copy: str, host: str) -> None:
        self._drafts = drafts
        self._user = current_user().id
        actor = current_actor()  # who looks through another's eyes leaves their draft alone
        self._drafter = f"{actor.user_id} as {self._user}" if actor.only_looks else self._user
        self._draft = self._begun(template, copy, host)
        super().__init__(context, pool, _("New VM"), _("A VM is created in a pool; add a server first."))

    def _begun(self, template: str, copy: str, host: str) -> VMDraft:
        """The draft of this person; a link that says what is meant begins another."""
        kept = self._drafts.of(self._drafter)
        draft = kept if kept is not None and not (template or copy or host) else VMDraft()
        if template or copy:
            draft.template = template or copy
            draft.source = DraftSource.COPY if copy else DraftSource.TEMPLATE
        draft.host = host.partition("@")[0] or draft.host
        self._drafts.keep(self._drafter, draft)
        return draft

    def _meant(self, pools: Mapping[str, Home]) -> Iterable[Home | None]:
        """That of the draft, that of what was chosen."""
        draft = self._draft
        of_template = (home for home in pools.values() if draft.template and home.by_uuid(VMView.kind, draft.template))
        of_host = (home for home in pools.values() if home.by_uuid(HostView.kind, draft.host))
        return (pools.get(draft.pool), *of_template, *of_host)

    def _page(self, head: PageHead, pool: PoolView) -> None:
        if self._draft.pool not in ("", pool.key):
            self._draft.leave_pool()
        self._draft.pool = pool.key
        with head.verbs:
            last = current_user().preferences.get(LAST)
            if isinstance(last, dict):
                Button(_("Use last values"), lambda: self._again(last), icon="clock", kind=ButtonKind.GHOST).mark("last-values")
            presets = SavedConfigs(self._context, ConfigKind.PRESET, _("Presets"), self._again)
            Button(_("Save as preset…"), lambda: self._save(presets), kind=ButtonKind.GHOST).mark("save-preset")
            Button(_("Clear"), lambda: self._again(None), kind=ButtonKind.GHOST).mark("clear")
        for line in quota_lines(self._context, current_user(), CREATE.id):
            ui.label(line).classes("x-dim").mark("quota")
        self._head = head
        self._body = ui.element().classes("contents")
        self._form(pool)

    def _form(self, pool: PoolView) -> None:
        self._offer(True)
        with fresh_slot(self._body):
            Form(self._context, pool.row, self._draft, lambda run: self._started(pool, run))

    def _offer(self, filling: bool) -> None:
        """The pool and the presets are for whoever fills in; what is being created has its own."""
        self._head.marks.set_visibility(filling)
        self._head.verbs.set_visibility(filling)

    def _again(self, last: object) -> None:
        """An empty form, or one with the last values; the name stays."""
        draft = VMDraft(name=self._draft.name, pool=self._draft.pool)
        recall(draft, last)
        if self._shown is None or self._shown.by_uuid(VMView.kind, draft.template) is None:
            draft.template = ""  # of another pool, or gone
        self._draft = draft
        self._drafts.keep(self._drafter, draft)
        self._draw()

    async def _save(self, presets: SavedConfigs) -> None:
        note = _("Includes template, CPU, memory, description, tags, options and cloud-init's user, keys and packages, but no password.")
        await presets.save(_("Save as preset"), note, remembered(self._draft))

    def _started(self, pool: PoolView, run: Run) -> None:
        draft = self._draft

        def again() -> None:
            self._draft = VMDraft(pool=pool.key)
            self._drafts.keep(self._drafter, self._draft)
            self._draw()

        self._drafts.drop(self._drafter)
        self._offer(False)
        with fresh_slot(self._body):
            VMProgress(self._context, run, correct=lambda: self._back(draft, pool), again=again)

        async def remember() -> None:
            await self._context.users.set_preferences(self._user, {LAST: remembered(draft)})

        if not current_actor().only_looks:
            background_tasks.create(remember())

    def _back(self, draft: VMDraft, pool: PoolView) -> None:
        self._draft = draft
        self._drafts.keep(self._drafter, draft)
        self._form(pool)
