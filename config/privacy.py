"""Who keeps something of people, and what of it is searched through: see ``advocacy.privacy``."""

from advocacy.privacy import people
from config import admin_log, sign_ins
from referrals import privacy as of_referrals
from referrals.imports import forgetting as in_files
from referrals.inbound import erasing
from rewards import privacy as of_rewards

# The log goes first: by the rows that others delete it is known whom it is about.
PARTS = [admin_log, people, of_referrals, of_rewards, sign_ins]
SEARCHES = [erasing.search, in_files.search, sign_ins.search]
