"""Every list as a file: CSV that no spreadsheet runs, or one JSON object a line, sent while it is read."""
