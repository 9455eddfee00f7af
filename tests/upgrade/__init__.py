"""Databases of earlier releases, each as one file, and the walk that upgrades them. A file that landed is never edited.

Made by ``python3 run.py dump tests/upgrade/NAME.sql.gz`` as the last change of a release; names sort by age.
The newest is also what a first start puts back, with its pictures beside it, while nothing changed of what it is made
from (``minshi/servers/dump.py``).
"""
