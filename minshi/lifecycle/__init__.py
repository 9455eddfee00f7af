"""One engine for every lifecycle: a table of steps, and one function that takes a step."""
