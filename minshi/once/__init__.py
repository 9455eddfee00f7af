"""A form that is sent twice is done once: its key leads the second sending to the answer of the first."""
