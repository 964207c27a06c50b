"""The page that creates a network."""

from components.new_network.form import NewNetworkForm

__all__ = ["NewNetworkForm"]
