"""What run.py needs to bring the platform up on one machine.

Standard library only: it runs before the environment exists.
"""
