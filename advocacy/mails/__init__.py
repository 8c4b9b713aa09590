"""E-mail to customers: rows that a queue of their own sends.

``asking`` makes the rows, ``inviting`` those of advocates' invitations, ``allowing`` says what must not be sent,
``composing`` makes the words from the rows as they are then, ``sending`` sends, ``news`` hears what became of it,
``stopping`` keeps addresses that are not written to.
"""

from advocacy.mails.asking import follow, hand_over
from advocacy.mails.composing import compose, sample
from advocacy.mails.sending import due, send_next

__all__ = ["compose", "due", "follow", "hand_over", "sample", "send_next"]
