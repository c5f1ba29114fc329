"""Learning rules on the same tasks: who takes part is data of the papers, tables come of records.

A family is a module with the functions of :class:`~bioplaus.leaderboard.command.Family`.  The
family ``rules`` is made of the ``[[contest]]`` rows of all papers; a paper whose rules have a
protocol of their own names its module in ``paper.toml`` (``leaderboard = "leaderboard"``).
"""
