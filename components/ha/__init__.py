"""The page of a pool's high availability."""

from components.ha.page import HighAvailability

__all__ = ["HighAvailability"]
