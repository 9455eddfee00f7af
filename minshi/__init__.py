"""民生小实事: the wiring, and the ground every app stands on."""
