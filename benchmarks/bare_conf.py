"""Cuecard's settings of gunicorn for the bare view, which has no sessions to begin or to end."""

from webapp.gunicorn_conf import *  # noqa: F403  # whatever is set there holds here


def post_worker_init(worker: object) -> None:  # type: ignore[no-redef]  # meant
    pass


def worker_exit(server: object, worker: object) -> None:  # type: ignore[no-redef]  # meant
    pass
