"""Cuecard: build, check and send Realtime events from the browser."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask

    from webapp.config import Settings

__all__ = ["create_app"]


def create_app(settings: "Settings | None" = None) -> "Flask":
    """Return the application; the same as ``webapp.app.create_app``, imported when it is called.

    So that the command line, which is in this package too, answers without importing Flask.
    """
    from webapp.app import create_app as build  # noqa: PLC0415

    return build(settings)
