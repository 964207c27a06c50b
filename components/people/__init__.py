"""People who may sign in: one's own account, and everybody's for an administrator."""

from components.people.account import account_cards
from components.people.kiosks import KioskList
from components.people.listing import PeopleList
from components.people.tokens import TokenList
from components.people.two_step import TwoStepForAll

__all__ = ["KioskList", "PeopleList", "TokenList", "TwoStepForAll", "account_cards"]
