"""Importing an OVA: what is in it, what becomes of it here, and the button."""

from components.import_ova.form import OVAForm

__all__ = ["OVAForm"]
