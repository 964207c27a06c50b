"""Rolling reboot and update of a pool: what stands against it, and how far it is."""

from components.rolling.bands import paused_bands
from components.rolling.preflight import PreFlight
from components.rolling.progress import RollingPage

__all__ = ["PreFlight", "RollingPage", "paused_bands"]
