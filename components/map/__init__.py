"""The map: every pool, host and VM on one canvas; area is RAM, to one scale.

`map_feed` tells all browsers of changes in one encoding; `map_rows` knows what is drawn, `rows` is how each thing stands on the wire;
`map` is the element; `modules/` runs in the browser (geometry in layout.js and treemap.js, paint in draw.js and what it uses),
and is known there as `xo-map` to all who import this package.
"""

from pathlib import Path

from components.bundles import register

register("xo-map", Path(__file__).parent / "modules")
