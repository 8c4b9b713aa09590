"""What the program is worth, as formulas: each metric by one pure function, with its definition and its source."""
