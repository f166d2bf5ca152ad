"""JSON to the letter: read strictly, kept as it was written, changed in place, written back."""
