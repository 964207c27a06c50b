"""The map: every pool, host and VM on one canvas; area is RAM, to one scale.

`scene` knows what is drawn and tells all browsers of changes in one encoding; `rows` are its words on the wire;
`map` is the element; `modules/` runs in the browser (geometry in layout.js and treemap.js, paint in draw.js and what it uses).
"""
