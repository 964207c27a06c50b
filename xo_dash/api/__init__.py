"""`/api/v1`: what programs ask for, over the same scopes, runner and rights as the pages.

routes       all of it, put into the program
asked        one request: who asks, what they may see; refusals
rows         XAPI's objects as JSON
collections  what can be listed; filters: `filter=`; listing: `fields=`, `limit=`, `cursor=`
actions      commands: what there is, and giving one; runs: what becomes of it
openapi      the description of all this, made of the same tables, and a page that shows it
"""
