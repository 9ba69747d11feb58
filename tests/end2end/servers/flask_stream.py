"""A Flask endpoint that streams plain text, as many developers write it: `flask_stream.py PORT`."""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Iterator

from flask import Flask, Response, request

app = Flask(__name__)


@app.get("/stream")
def stream() -> Response:
    """Ten updates, ten milliseconds apart, with ids; then the stream ends, and goes on where the client left it."""
    start = int(request.headers.get("Last-Event-ID", "0"))

    def updates() -> Iterator[str]:
        yield "retry: 500\n\n"
        for number in range(start + 1, start + 11):
            yield f"id: {number}\ndata: Update {number}\n\n"
            time.sleep(0.01)

    return Response(updates(), mimetype="text/event-stream")


@app.get("/page")
def page() -> str:
    return "<!doctype html><title>A page</title>"


if __name__ == "__main__":
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    app.run("127.0.0.1", int(sys.argv[1]), threaded=True)
