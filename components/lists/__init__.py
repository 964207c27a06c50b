"""Lists of thousands of rows: the browser sorts, filters and draws what is in sight; a change is one row sent."""

from components.lists.listing import Listing
from components.lists.rows import Cell, Column, Roll, Row, without

__all__ = ["Cell", "Column", "Listing", "Roll", "Row", "without"]
