"""Django's makemessages, which here also finds the advocate's text of each reason.

    python manage.py makemessages -l de -i "tests/*" && python manage.py compilemessages

It needs GNU gettext; running the product does not, as the compiled file is kept.
"""

from django.core.management.commands import makemessages


class Command(makemessages.Command):
    xgettext_options = [*makemessages.Command.xgettext_options, "--keyword=Reason:2"]
    # Line numbers would change the file with every edit elsewhere.
    msgmerge_options = [*makemessages.Command.msgmerge_options, "--no-fuzzy-matching"]
