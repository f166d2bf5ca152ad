"""JSON Schema in, form description out, submission back."""
