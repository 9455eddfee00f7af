"""My data: to see, take along, correct, move out, change the number, close the account; each with an answer."""
