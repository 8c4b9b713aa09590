"""A mail server on a free port of this machine, for as long as a test needs it. It keeps what it is sent."""

import contextlib
import socketserver
import threading


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = daemon_threads = True

    def __init__(self, refused):
        super().__init__(("127.0.0.1", 0), _Session)
        self.refused, self.letters, self.sessions = refused, [], 0


class _Session(socketserver.StreamRequestHandler):
    def handle(self):
        self.server.sessions += 1
        self._say("220 ready")
        for line in self.rfile:
            word = line.strip().upper().split(b" ")[0]
            if word == b"DATA":
                self._say("354 go on")
                self.server.letters.append(b"".join(iter(self.rfile.readline, b".\r\n")).decode())
            if word == b"RCPT" and (code := self._refusal(line.decode())):
                self._say(f"{code} {line.decode().strip()} No such user")
                continue
            self._say("221 bye" if word == b"QUIT" else "250 fine")
            if word == b"QUIT":
                return

    def _refusal(self, line):
        return next((code for address, code in self.server.refused.items() if address in line), None)

    def _say(self, words):
        self.wfile.write(f"{words}\r\n".encode())


@contextlib.contextmanager
def running(refused=()):
    """``refused``: ``{address: the code it is refused with}``."""
    with Server(dict(refused)) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        try:
            yield server
        finally:
            server.shutdown()
