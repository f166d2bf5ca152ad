"""The least a Flask view can do for a form: read it and answer with text of a given size."""

import os

from flask import Flask, request


def create_app() -> Flask:
    app = Flask(__name__)
    body = "x" * int(os.environ["BENCH_BODY_BYTES"])

    @app.post("/")
    def answer() -> str:
        request.form.to_dict(flat=False)
        return body

    return app
