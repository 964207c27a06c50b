"""`python -m xo_dash` is `xo-dash`."""

import sys

from xo_dash.cli import main

sys.exit(main())
