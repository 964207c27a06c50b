"""What comes out of a pool is handed to the browser: a download begins by itself, with a ticket that works once and in this session."""

from __future__ import annotations

from nicegui import Client, ui

from xo_dash.auth.current import current_actor, current_session
from xo_dash.context import Context
from xo_dash.control.run import Run
from xo_dash.control.transfers.delivery import Delivery

ROUTE = "/transfers/out/"


def download(context: Context, delivery: Delivery) -> None:
    """In the browser whose page this is; not where somebody looks through its user's eyes, whose own link would no longer work."""
    if current_actor().only_looks:
        return
    ticket = context.runner.exchange.ticket(delivery, current_session().key)
    ui.download.from_url(ROUTE + ticket)


async def hand_over(context: Context, client: Client, run: Run) -> None:
    """Every file that comes out of `run`, each as its turn comes; until all have ended or the page is gone."""
    exchange = context.runner.exchange

    def begin(delivery: Delivery) -> None:
        if delivery.run is run and not client.is_deleted:
            with client:
                download(context, delivery)

    unsubscribe = exchange.observe(begin)
    try:
        for delivery in exchange.waiting(run):
            begin(delivery)
        await context.runner.ended(run)
    finally:
        unsubscribe()
