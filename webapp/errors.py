"""What went wrong while doing as asked, and whose fault it is."""


class LocalError(Exception):
    """We cannot do what was asked: the message says why, ``remedy`` what to do next.

    ``status`` is the HTTP status of the answer: 409 when the moment is wrong, 404 when the thing
    is gone, 429 or 503 when there is no room; ``retry_after_s`` says when there may be.
    """

    status = 409

    def __init__(
        self,
        message: str,
        *,
        remedy: str = "",
        status: int | None = None,
        retry_after_s: int = 0,
    ) -> None:
        super().__init__(message)
        self.remedy = remedy
        self.retry_after_s = retry_after_s
        if status is not None:
            self.status = status


class RemoteError(LocalError):
    """The Realtime server could not be reached, refused, or broke off."""

    status = 502
