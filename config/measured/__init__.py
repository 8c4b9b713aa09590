"""The page "Metrics": what a program brings, what its customers are worth, what it costs, each number with its rows."""
