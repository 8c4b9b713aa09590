"""Let callers that wait at the same moment share one statement, and so one commit.

The commit, not the work, is what a stored click costs. Whoever comes first works for all who have come meanwhile; they
wait on a lock and find their answer done. A caller alone goes at once; who leads right after a crowd may pause, because
then more are on their way.
"""

import threading
import time


class _Asked:
    def __init__(self, question):
        self.question = question
        self.answer = self.error = None
        self.done = False


class Together:
    """``work(questions) -> answers`` in the same order, for all who ask at the same moment in this process.

    ``pause``: seconds that who leads waits for more, where the batch before was of several.
    """

    def __init__(self, work, *, most=200, pause=0):
        self._work, self._most = work, most
        self._pause, self._crowded = pause, False
        self._leading, self._guard, self._waiting = threading.Lock(), threading.Lock(), []

    def ask(self, question):
        """The answer to this question; raises what the work raised for the batch it was in."""
        asked = _Asked(question)
        with self._guard:
            self._waiting.append(asked)
        with self._leading:
            # The leader before took at most so many: whoever is left leads, with its own question among the next.
            while not asked.done:
                self._lead()
        if asked.error:
            raise asked.error
        return asked.answer

    def _lead(self):
        if self._crowded and self._pause:
            time.sleep(self._pause)
        with self._guard:
            batch, self._waiting = self._waiting[: self._most], self._waiting[self._most :]
        self._crowded = len(batch) > 1
        try:
            answers = self._work([asked.question for asked in batch])
            for asked, answer in zip(batch, answers, strict=True):
                asked.answer = answer
        except Exception as error:
            for asked in batch:
                asked.error = error
        finally:
            for asked in batch:
                asked.done = True
