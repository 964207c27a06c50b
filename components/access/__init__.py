"""Who may do what on which object: all grants, the Access tab of an object's page, and why somebody can or cannot."""

from components.access.listing import GrantList
from components.access.of_person import GrantsOfPerson
from components.access.quotas import QuotaCard, QuotaList
from components.access.tab import access_tab
from components.access.why_card import WhyCard

__all__ = ["GrantList", "GrantsOfPerson", "QuotaCard", "QuotaList", "WhyCard", "access_tab"]
