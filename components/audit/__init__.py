"""What everybody did, for administrators."""

from components.audit.listing import AuditLog

__all__ = ["AuditLog"]
