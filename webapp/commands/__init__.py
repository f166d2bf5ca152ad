"""What the ``cuecard`` command does to files of events."""
