"""Making new VMs.

`request` is what people may ask for: little must be said, the rest follows from the template and the pool. `blueprint` is the same
with every value decided, `check` says what is wrong with it at its field, `hosts` where it could run and why not elsewhere, `steps` has
the plan.
"""
