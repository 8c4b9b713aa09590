"""Formulas of what is measured, each pure, with its definition and its source."""
