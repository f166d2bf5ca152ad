"""The outermost layer: what a request must be before anything else sees it."""
