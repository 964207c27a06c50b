"""Lists of thousands of rows: the browser sorts, filters and draws what is in sight; a change is one row sent."""

from components.lists.listing import Listing
from components.lists.rows import Acts, Cell, Column, Reveal, Roll, Row, without

__all__ = ["Acts", "Cell", "Column", "Listing", "Reveal", "Roll", "Row", "without"]
