"""`/new-vm?pool=…`: a new VM. `template=…` or `copy=…` (uuids) and `host=…` choose those at once."""

from __future__ import annotations

from nicegui import background_tasks, ui

from components.actions.quotas import quota_lines
from components.frame.loading import is_loading, loading_page
from components.live import follow_all, fresh_slot
from components.new_vm.draft import Drafts, DraftSource, VMDraft, recall, remembered
from components.new_vm.form import Form
from components.new_vm.progress import VMProgress
from components.new_vm.saved import SavedConfigs
from components.stale_data import stale_band
from components.ui import Button, ButtonKind, PageHead, choice, empty_state
from data.identity import key_of
from data.names import pool_name
from data.objects import VM, Host, Pool
from data.server import Server
from data.stores.cloud_configs import ConfigKind
from pages.layout import frame
from xo_dash.auth.current import current_actor, current_user
from xo_dash.context import Context
from xo_dash.control.run import Run
from xo_dash.control.vm.create import CREATE
from xo_dash.i18n import _

LAST = "new_vm.last"
"""The user's preference: what the last VM was made with."""


def create(program: Context) -> None:
    @ui.page("/new-vm")
    def new_vm(pool: str = "", template: str = "", copy: str = "", host: str = "") -> None:
        context = program.for_viewer()
        with frame(context, title=_("New VM"), crumbs=[(_("VMs"), "/vms")]):
            _NewVm(context, program.shared(Drafts), pool, template, copy, host)


class _NewVm:
    """The page; while no pool is there yet, what there is instead."""

    def __init__(self, context: Context, drafts: Drafts, pool: str, template: str, copy: str, host: str) -> None:
        self._context = context
        self._asked = pool
        self._drafts = drafts
        self._user = current_user().id
        actor = current_actor()  # who looks through another's eyes leaves their draft alone
        self._drafter = f"{actor.user_id} as {self._user}" if actor.only_looks else self._user
        self._draft = self._begun(template, copy, host)
        self._box = ui.element().classes("contents")
        self._shown: list[Pool] = []
        follow_all(context.mirror, self._concerns, self._draw, topics=lambda: (Server, Pool))

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

    def _pools(self) -> list[Pool]:
        found = [mirror.pool for mirror in self._context.mirror if mirror.pool is not None]
        return sorted(found, key=lambda pool: pool_name(pool.home).casefold())

    def _pool(self) -> Pool | None:
        """The one asked for, that of the draft, that of what was chosen; else the first that can be reached."""
        pools = self._pools()
        meant = (self._asked, self._draft.pool)
        chosen = next((pool for key in meant if key for pool in pools if key_of(pool) == key), None)
        of_template = next((pool for pool in pools if self._draft.template and pool.home.by_uuid(VM, self._draft.template)), None)
        of_host = next((pool for pool in pools if pool.home.by_uuid(Host, self._draft.host)), None)
        live = [pool for pool in pools if pool.home.server.is_live]
        return chosen or of_template or of_host or next(iter(live or pools), None)

    def _concerns(self, changes: object) -> bool:
        return not self._shown or self._shown[0] not in self._pools()

    def _draw(self) -> None:
        pool = self._pool()
        self._shown = [pool] if pool is not None else []
        with fresh_slot(self._box):
            if pool is not None:
                self._page(pool)
            elif is_loading(self._context.mirror):
                loading_page()
            else:
                with empty_state(_("No pool yet"), _("A VM is created in a pool; add a server first.")):
                    ui.link(_("Servers"), "/settings").classes("x-btn")

    def _page(self, pool: Pool) -> None:
        if self._draft.pool not in ("", key_of(pool)):
            self._draft.leave_pool()
        self._draft.pool = key_of(pool)
        head = PageHead(_("New VM"))
        pools = {key_of(one): pool_name(one.home) for one in self._pools()}
        with head.marks:
            ui.label(_("in pool")).classes("x-dim")
            choice(pools, key_of(pool), on_change=lambda event: self._turn(str(event.value))).classes("x-new-pool").mark("pool")
        with head.verbs:
            last = current_user().preferences.get(LAST)
            if isinstance(last, dict):
                Button(_("Use last values"), lambda: self._again(last), icon="clock", kind=ButtonKind.GHOST).mark("last-values")
            presets = SavedConfigs(self._context, ConfigKind.PRESET, _("Presets"), self._again)
            Button(_("Save as preset…"), lambda: self._save(presets), kind=ButtonKind.GHOST).mark("save-preset")
            Button(_("Clear"), lambda: self._again(None), kind=ButtonKind.GHOST).mark("clear")
        stale_band(pool.home, self._context.mirror)
        for line in quota_lines(self._context, current_user(), CREATE.id):
            ui.label(line).classes("x-dim").mark("quota")
        self._body = ui.element().classes("contents")
        self._form(pool)

    def _form(self, pool: Pool) -> None:
        with fresh_slot(self._body):
            Form(self._context, pool, self._draft, lambda run: self._started(pool, run))

    def _turn(self, key: str) -> None:
        if key != self._draft.pool:
            self._asked = key
            self._draw()

    def _again(self, last: object) -> None:
        """An empty form, or one with the last values; the name stays."""
        draft = VMDraft(name=self._draft.name, pool=self._draft.pool)
        recall(draft, last)
        if not any(pool.home.by_uuid(VM, draft.template) for pool in self._shown):
            draft.template = ""  # of another pool, or gone
        self._draft = draft
        self._drafts.keep(self._drafter, draft)
        self._draw()

    async def _save(self, presets: SavedConfigs) -> None:
        note = _("Includes template, CPU, memory, description, tags, options and cloud-init's user, keys and packages, but no password.")
        await presets.save(_("Save as preset"), note, remembered(self._draft))

    def _started(self, pool: Pool, run: Run) -> None:
        known = frozenset(vm.uuid for vm in pool.home.all(VM).values())
        draft = self._draft

        def again() -> None:
            self._draft = VMDraft(pool=key_of(pool))
            self._drafts.keep(self._drafter, self._draft)
            self._draw()

        self._drafts.drop(self._drafter)
        with fresh_slot(self._body):
            VMProgress(self._context, run, known, correct=lambda: self._back(draft, pool), again=again)

        async def remember() -> None:
            await self._context.users.set_preferences(self._user, {LAST: remembered(draft)})

        if not current_actor().only_looks:
            background_tasks.create(remember())

    def _back(self, draft: VMDraft, pool: Pool) -> None:
        self._draft = draft
        self._drafts.keep(self._drafter, draft)
        self._form(pool)
