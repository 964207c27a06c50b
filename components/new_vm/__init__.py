"""The page of a new VM: a quick form that is enough, everything else folded below it, and beside it what would be left.

draft     what a person has typed so far; kept for them
model     what follows from it: the request, what is wrong, where it could run, the plan
form      the page: keeps all of it together
section   a part that folds; hardware, disks, nics, cloud, placement, options are such
quick     the head: name, template, Create
side      what is left, the suggested host, the plan
progress  what became of it
"""
