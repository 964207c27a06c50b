"""Importing an OVA: what is in it, what becomes of it here, and the button."""

from components.appliance.form import ApplianceForm

__all__ = ["ApplianceForm"]
