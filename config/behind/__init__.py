"""From each figure to the rows that it is made of: one registry, read by an endpoint, a page and a file."""
