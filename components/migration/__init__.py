"""The pages that move VMs: one, and several."""

from components.migration.form import MigrationForm
from components.migration.head import MigrationHead
from components.migration.many import ManyForm

__all__ = ["ManyForm", "MigrationForm", "MigrationHead"]
