"""Live Realtime sessions: protocol, transcript, connection and the hub that shares them."""
