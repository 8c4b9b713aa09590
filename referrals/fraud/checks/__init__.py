"""One check per file; see ``referrals.fraud``."""
