"""The page of a new VM: a quick form that is enough, everything else folded below it, and beside it what would be left.

`draft` is what a person has typed so far, `model` what follows from it, `form` keeps all together. `section` is a part that folds;
`hardware`, `disks`, `nics`, `cloud`, `placement` and `options` are such. `quick` is the head with Create, `side` what stands beside,
`progress` what became of it.
"""
