"""Files of a form that was not taken: kept for their author until it is, so that nobody takes a photo twice."""
