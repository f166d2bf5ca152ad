"""Cuecard: a browser-based event builder for the OpenAI Realtime API."""
