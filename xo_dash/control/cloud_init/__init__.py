"""cloud-init: what a new VM is told at its first boot, and the small disk that carries it.

config   what people may say, and the files that it becomes
check    a text of their own: is it YAML, and does cloud-init know its keys
fat      a FAT disk of a few files
disk     the files of the NoCloud and the OpenStack way on one such disk
"""
