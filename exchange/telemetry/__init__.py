"""What every process tells of itself: the id of the request it works on, its figures, and the door where
others ask for them."""
