"""The connections to pools as a person sees them: the list, the dialog that adds or edits one, their state in words."""

from components.servers.listing import ServerList
from components.servers.words import sentence, state_word

__all__ = ["ServerList", "sentence", "state_word"]
