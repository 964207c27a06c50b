"""The page that creates a network."""

from components.new_network.form import NewNetworkForm
from components.new_network.pools import choose_pool, first_pool

__all__ = ["NewNetworkForm", "choose_pool", "first_pool"]
