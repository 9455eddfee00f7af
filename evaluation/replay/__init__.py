"""Walking real cases and made-up neighbours through the very actions people use, with the clock moved."""
