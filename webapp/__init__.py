"""Cuecard: build, check and send Realtime events from the browser."""

from webapp.app import create_app

__all__ = ["create_app"]
