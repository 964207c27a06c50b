"""/account: what a user decides about themselves."""

from __future__ import annotations

from components.access import QuotaCard
from components.parts import page
from components.people import account_cards
from components.people.role_word import role_word
from components.ui import PageHead, cards
from pages.layout import frame
from xo_dash.auth.current import current_user
from xo_dash.context import Context
from xo_dash.i18n import _


def create(program: Context) -> None:
    @page("/account")
    def account() -> None:
        context = program.for_viewer()
        with frame(context, title=_("My account")):
            PageHead(_("My account"), f"{current_user().name} · {role_word(current_user().role)}")
            with cards(340):
                account_cards(context)
                QuotaCard(context, current_user())
