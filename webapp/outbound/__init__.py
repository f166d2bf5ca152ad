"""What leaves for a Realtime server: to which address, over which socket, with whose key."""
