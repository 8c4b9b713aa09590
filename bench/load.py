"""A small load generator: ``python -m bench.load PORT SECONDS RATE PATH…`` keeps 32 connections and counts answers.

At a ``RATE`` above 0 so many requests a second are due, whether the ones before were answered or not; their latency
counts from when they were due. At 0 each connection asks again as soon as it was answered. It prints one JSON object:
answers by status, seconds, and the latencies' middle and 99th percentile in milliseconds. Plain sockets and one thread,
so that it takes little of the processors that the server needs.
"""

import json
import re
import selectors
import socket
import sys
import time
from collections import Counter, deque
from itertools import cycle

CONNECTIONS = 32
_LENGTH = re.compile(rb"(?i)\r\ncontent-length: *(\d+)").search
_AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


def main(port, seconds, rate, paths):
    requests = cycle([_request(path) for path in paths])
    chosen, idle = selectors.DefaultSelector(), deque()
    for _ in range(CONNECTIONS):
        connection = socket.create_connection(("127.0.0.1", port))
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        chosen.register(connection, selectors.EVENT_READ, _Waiting())
        idle.append(connection)
    statuses, latencies = Counter(), []
    began = time.perf_counter()
    dues = _dues(began, seconds, rate)
    due = next(dues, None)
    while due is not None or len(idle) < CONNECTIONS:
        while idle and due is not None and due <= time.perf_counter():
            _send(idle.popleft(), chosen, next(requests), due)
            due = next(dues, None)
        wait = max(due - time.perf_counter(), 0) if idle and due is not None else None
        for key, _ in chosen.select(wait):
            if _is_whole(key):
                statuses[key.data.received[9:12].decode()] += 1
                latencies.append(time.perf_counter() - key.data.due)
                idle.append(key.fileobj)
    taken = time.perf_counter() - began
    latencies.sort()
    at = [round(1000 * latencies[int(share * (len(latencies) - 1))], 1) for share in (0.5, 0.99)]
    print(json.dumps({"statuses": statuses, "seconds": taken, "latency_ms": at}))


def _dues(began, seconds, rate):
    """When each request is to be sent; without a rate always now, until the end."""
    if rate:
        yield from (began + number / rate for number in range(round(rate * seconds)))
    else:
        while (now := time.perf_counter()) < began + seconds:
            yield now


class _Waiting:
    """What a connection waits for."""

    received = b""
    due = 0.0


def _request(path):
    return f"GET {path} HTTP/1.1\r\nHost: localhost\r\nUser-Agent: {_AGENT}\r\nAccept: text/html\r\n\r\n".encode()


def _send(connection, chosen, request, due):
    waiting = chosen.get_key(connection).data
    waiting.received, waiting.due = b"", due
    connection.sendall(request)


def _is_whole(key):
    """Read what came; whether the answer is complete."""
    waiting = key.data
    part = key.fileobj.recv(65536)
    if not part:
        raise ConnectionError("The server closed a connection that should be kept.")
    waiting.received += part
    head, separator, body = waiting.received.partition(b"\r\n\r\n")
    if not separator:
        return False
    length = _LENGTH(head)
    # Without a length the body comes in chunks, of which the last is empty.
    return len(body) >= int(length[1]) if length else body.endswith(b"0\r\n\r\n")


if __name__ == "__main__":
    main(int(sys.argv[1]), float(sys.argv[2]), float(sys.argv[3]), sys.argv[4:])
