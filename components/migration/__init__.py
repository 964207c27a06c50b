"""The page that moves a VM."""

from components.migration.form import MigrationForm

__all__ = ["MigrationForm"]
