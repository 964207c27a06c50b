"""Pages of a pool over the pool of the networks' tests."""

from tests.networks.conftest import context, place, role, user

__all__ = ["context", "place", "role", "user"]
