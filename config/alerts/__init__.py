"""The checks that look for what needs somebody, one file each; ``config/alert_checks.py`` lists them."""
