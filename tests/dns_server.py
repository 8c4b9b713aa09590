"""A name server on a free port of this machine."""

import contextlib
import socketserver
import threading

import dns.message
import dns.rcode
import dns.rrset


@contextlib.contextmanager
def running(records):
    """Its address. ``records``: ``{(name, type): [texts]}``, read at each question; all else does not exist."""

    class Handler(socketserver.BaseRequestHandler):
        def handle(self):
            data, socket = self.request
            question = dns.message.from_wire(data)
            asked, answer = question.question[0], dns.message.make_response(question)
            kind = dns.rdatatype.to_text(asked.rdtype)
            found = records.get((asked.name.to_text(omit_final_dot=True), kind))
            if found:
                texts = [f'"{each}"' for each in found] if kind == "TXT" else found
                answer.answer.append(dns.rrset.from_text(asked.name, 60, "IN", kind, *texts))
            else:
                answer.set_rcode(dns.rcode.NXDOMAIN)
            socket.sendto(answer.to_wire(), self.client_address)

    with socketserver.ThreadingUDPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        try:
            yield f"127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
