"""The DNS, asked plainly: an empty list is an answer, nobody answering is ``Unanswered``."""

import dns.exception
import dns.resolver

SECONDS = 4


class Unanswered(Exception):
    """No name server answered; that says nothing about the name."""


class Names:
    def __init__(self, server=None):
        """``server``: ``address`` or ``address:port`` of a name server in place of this machine's."""
        self.resolver, self.problem = None, ""
        try:
            self.resolver = dns.resolver.Resolver(configure=not server)
        except dns.resolver.NoResolverConfiguration:
            return
        if server:
            address, _, port = server.partition(":")
            self.resolver.nameservers, self.resolver.port = [address], int(port or 53)
        self.resolver.lifetime = SECONDS

    def texts(self, name):
        """The TXT records of a name, each in one piece; aliases are followed."""
        return [b"".join(each.strings).decode("utf-8", "replace") for each in self._ask(name, "TXT")]

    def addresses(self, name):
        return [each.address for kind in ("A", "AAAA") for each in self._ask(name, kind)]

    def takes_mail(self, name):
        """Whether mail to this domain leads anywhere; a lone dot says that it takes none."""
        servers = [each.exchange.to_text() for each in self._ask(name, "MX")]
        return servers != ["."] if servers else bool(self.addresses(name))

    def _ask(self, name, kind):
        if self.resolver is None:
            raise Unanswered
        try:
            return list(self.resolver.resolve(name, kind))
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer, dns.resolver.YXDOMAIN, dns.name.LabelTooLong):
            return []
        except (dns.exception.DNSException, OSError) as error:
            raise Unanswered from error
