"""A store that never was, whose truths are known: what the metrics say of it can be held against them.

``making.make`` draws it (pure, by a seed), ``files`` writes what its shop would export, ``loading`` brings that in by
the import, with the clicks and shares that no file has.
"""
