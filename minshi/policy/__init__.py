"""Dated settings per place, and the working-day calendar."""
