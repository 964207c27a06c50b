"""What goes on in the pools, and what lately did."""

from components.tasks.listing import TaskList

__all__ = ["TaskList"]
