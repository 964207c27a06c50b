"""The page of a new SR: a type, what is found by what is typed, and what will be done."""

from components.new_sr.form import NewSRForm

__all__ = ["NewSRForm"]
