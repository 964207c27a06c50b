"""Making new VMs.

request    what people may ask for: few fields must be said, the rest follows from the template and the pool
blueprint  the same with every value decided
check      what is wrong with it, at its field
hosts      where it could run, and why not elsewhere
steps      the plan
"""
