"""What is wrong with an event, and which patch puts it right."""
