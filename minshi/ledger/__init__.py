"""Append-only double entry in exact fen. It knows accounts and entries, and no projects."""
