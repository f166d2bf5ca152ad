"""A Realtime server for rehearsals: it needs no key and no network."""
