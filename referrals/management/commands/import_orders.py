from referrals.management.import_command import ImportCommand


class Command(ImportCommand):
    help = "Import orders from a file. The same file again changes nothing."
    kind = "orders"
