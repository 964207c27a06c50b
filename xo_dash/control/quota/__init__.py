"""Quotas at the moment of acting.

demands   what each command adds to what somebody has
desk      whether that is still within the quotas; who owns what was made
words     quotas in sentences
"""
