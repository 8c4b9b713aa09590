"""Let callers that wait at the same moment share one statement, and so one commit.

The commit, not the work, is what a stored click costs. Whoever comes first works for all who have come meanwhile, and
then hands on to the one who has waited longest of those who came too late for that; each is woken once. A caller alone
goes at once; who leads right after a crowd may pause, because then more are on their way.
"""

import threading
import time


class _Asked:
    def __init__(self, question):
        self.question = question
        self.answer = self.error = None
        self.done = False
        # Held until the question is answered, or until its thread is to lead.
        self.turn = threading.Lock()
        self.turn.acquire()


class Together:
    """``work(questions) -> answers`` in the same order, for all who ask at the same moment in this process.

    ``pause``: seconds that who leads waits for more, where the batch before was of several.
    """

    def __init__(self, work, *, most=200, pause=0):
        self._work, self._most = work, most
        self._pause, self._crowded = pause, False
        self._led, self._guard, self._waiting = False, threading.Lock(), []

    def ask(self, question):
        """The answer to this question; raises what the work raised for the batch it was in."""
        asked = _Asked(question)
        with self._guard:
            self._waiting.append(asked)
            leads, self._led = not self._led, True
        if not leads:
            asked.turn.acquire()
        # Who leads has its own question among the next: those before it were answered.
        if not asked.done:
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
        except BaseException as error:
            for asked in batch:
                asked.error = error
        finally:
            self._hand_on()
            for asked in batch:
                asked.done = True
                asked.turn.release()

    def _hand_on(self):
        """Whoever has waited longest leads next; the others go on waiting."""
        with self._guard:
            self._led = bool(self._waiting)
            if self._waiting:
                self._waiting[0].turn.release()
