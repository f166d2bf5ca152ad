"""What many tests share: the application and a visitor to it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from tests.compiled import share_compiled
from tests.page import Visitor
from webapp.app import create_app
from webapp.config import Settings
from webapp.views.current import parts


@pytest.fixture
def app(tmp_path: Path) -> Iterator[Flask]:
    """The application with default settings, nothing read from the environment."""
    app = share_compiled(create_app(Settings(data_dir=str(tmp_path))))
    # An error of ours fails the test instead of becoming a page, except where a test wants it.
    app.testing = True
    yield app
    parts(app).hub.close()


@pytest.fixture
def page(app: Flask) -> Visitor:
    """A visitor who checks every page it is shown."""
    return Visitor(app)
