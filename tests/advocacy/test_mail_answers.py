"""Whose fault a refused mail is: the mailbox's, ours, or neither's."""

import pytest

from advocacy.mails import answers


@pytest.mark.parametrize(
    ("code", "said", "meant"),
    [
        (550, b"5.1.1 <fred@example.com>: Recipient address rejected: User unknown", "mailbox"),
        (550, b"No such user here", "mailbox"),
        (553, b"mailbox name not allowed", "mailbox"),
        (550, b"5.2.1 mailbox disabled", "mailbox"),
        (550, b"5.7.1 relaying denied: you are not authenticated", "us"),
        (554, b"5.7.26 Unauthenticated email is not accepted", "us"),
        (550, b"relay not permitted", "us"),
        (550, b"Your address is listed by a blocklist", "us"),
        (552, b"5.2.2 mailbox full", ""),
        (550, b"5.4.1 no answer from host", ""),
        (554, b"transaction failed", "us"),
        (451, b"4.7.1 greylisted", "us"),
        (450, b"4.1.1 user unknown for now", ""),
        (550, None, "us"),
        (550, b"You must log in first", "us"),
        (550, b"Your IP 1.2.3.4 is on our denylist", "us"),
        (550, b"SPF check failed for domain acme.example", "us"),
        (554, b"Relay access denied", "us"),
        (530, b"Authentication required", "us"),
        (553, b"sorry, that domain isn't in my list of allowed rcpthosts (#5.7.1)", "us"),
        (550, b"<a@b.example>: 5.7.1 not permitted", "us"),
        (550, b"5.4.5 Daily user sending limit exceeded", "us"),
        (550, b"5.1.8 Access denied, bad outbound sender", "us"),
        (550, b"5.2.1 The user is receiving mail at a rate that prevents additional messages", ""),
        (550, b"Mailbox quota exceeded", ""),
        (550, b"Sender address rejected: user unknown in virtual mailbox table", "us"),
        (550, b"5.1.0 <a@b.example>: Sender address rejected: User unknown", "us"),
        (550, b"5.2.1 your account has been disabled", "us"),
        (550, b"5.1.1 User unknown. For full details see our pages", "mailbox"),
        (550, b"No such user. (Exim 4.94.2)", "mailbox"),
        (550, b"<blocker@x.example> user unknown", "mailbox"),
        (550, b"<a@b.example>... User unknown", "mailbox"),
        (554, b"delivery error: dd This user doesn't have an account", "us"),
        (550, b"The email account that you tried to reach does not exist", "mailbox"),
    ],
)
def test_an_answer_says_whose_fault_it_is(code, said, meant):
    found = "mailbox" if answers.has_no_mailbox(code, said) else "us" if answers.is_about_us(code, said) else ""
    assert found == meant
