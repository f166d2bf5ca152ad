"""What people paste, made readable: the event in it, and a list of what was repaired."""
