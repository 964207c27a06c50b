"""cloud-init: what a new VM is told at its first boot, and the small disk that carries it.

`config` is what people may say and the files it becomes, `check` looks at a text of their own, `fat` writes a FAT disk of a few files and
`disk` those of the NoCloud and the OpenStack way on one. `config_drive` takes it away again, `first_boot` knows when.
"""
