"""Who may do what on which object: grants of roles, and the one function that decides.

grant   a grant, groups of users, roles of one's own
rights  what a set of grants comes to: `may(verb, level, subject)`, `sees(subject)`
table   those of everybody, as they are now
"""
