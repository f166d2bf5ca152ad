"""What may be said on a Realtime session: the table of events the builder offers."""
