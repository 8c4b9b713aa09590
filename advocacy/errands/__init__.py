"""What shops are told through their platforms' APIs: rows, done one by one by workers, never inside anybody's work.

``asking`` writes a row in the transaction of whatever it follows from; ``running`` does them, and tries again what
failed. Each kind (``config/errand_kinds.py``) looks at what is to be, asks the platform what is, and changes only the
difference, so that a row done twice, or half done by a worker that was killed, ends the same.
"""

from advocacy.errands.asking import again, ask, rename
from advocacy.errands.running import due, run_next

__all__ = ["again", "ask", "due", "rename", "run_next"]
