"""Who keeps something of people, and what of it is searched through: see ``advocacy.privacy``."""

from advocacy.privacy import people
from config import sign_ins
from referrals import privacy as of_referrals
from referrals.inbound import erasing
from rewards import privacy as of_rewards

PARTS = [people, of_referrals, of_rewards, sign_ins]
SEARCHES = [erasing.search]
