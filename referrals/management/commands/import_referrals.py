from referrals.management.import_command import ImportCommand


class Command(ImportCommand):
    help = "Import referrals from a file. The same file again changes nothing."
    kind = "referrals"
