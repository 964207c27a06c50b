"""Lists of thousands of rows: the browser sorts, filters and draws what is in sight; a change is one row sent."""

from components.lists.listing import Listing
from components.lists.rows import BulkActions, Cell, ListColumn, ListRow, Reveal, TableSpec, without

__all__ = ["BulkActions", "Cell", "ListColumn", "ListRow", "Listing", "Reveal", "TableSpec", "without"]
