"""People who may sign in: one's own account, and everybody's for an administrator."""

from components.people.account import account_cards
from components.people.groups import GroupList
from components.people.invite import InviteCard
from components.people.kiosks import KioskList
from components.people.listing import PeopleList
from components.people.person import AccountCard, PersonHead, RecentActivity, TokensOfPerson
from components.people.review import ReviewCard
from components.people.roles import RoleList
from components.people.sessions import SessionList
from components.people.tokens import TokenList
from components.people.two_step import TwoStepForAll

__all__ = [
    "AccountCard", "GroupList", "InviteCard", "KioskList", "PeopleList", "PersonHead", "RecentActivity", "ReviewCard",
    "RoleList", "SessionList", "TokenList", "TokensOfPerson", "TwoStepForAll", "account_cards",
]  # fmt: skip
