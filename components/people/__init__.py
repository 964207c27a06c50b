"""People who may sign in: one's own account, and everybody's for an administrator."""

from components.people.account import account_cards
from components.people.kiosks import KioskList
from components.people.listing import PeopleList

__all__ = ["KioskList", "PeopleList", "account_cards"]
