"""What many tests share: the application and a visitor to it."""

import pytest
from flask import Flask

from tests.page import Visitor
from webapp.app import create_app
from webapp.config import Settings


@pytest.fixture
def app() -> Flask:
    """The application with default settings, nothing read from the environment."""
    app = create_app(Settings())
    # An error of ours fails the test instead of becoming a page, except where a test wants it.
    app.testing = True
    return app


@pytest.fixture
def page(app: Flask) -> Visitor:
    """A visitor who checks every page it is shown."""
    return Visitor(app)
