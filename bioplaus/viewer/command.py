"""The command ``bioplaus view``: serve the page on this machine."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import secrets
import signal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bioplaus.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bokeh.document import Document
    from bokeh.server.server import Server

__all__ = ["configure", "execute", "make_server"]

_FIRST_PORT = 5070
_PORTS_TRIED = 50
_LAST_PORT = 65_535


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    add = parser.add_argument
    add("runs", metavar="RUNS", nargs="*", type=Path, help="run directories or folders of them")
    add("--port", type=int, default=_FIRST_PORT, help=f"default {_FIRST_PORT}; taken: the next")
    add("--read-only", action="store_true", help="nothing can be tuned from this page")
    add("--no-browser", action="store_true", help="only print the address")


def execute(options: argparse.Namespace) -> int:
    """Serve until Ctrl-C."""
    roots = options.runs or [Path("runs")]
    missing = [root for root in roots if not root.exists()]
    if missing and options.runs:
        raise UserError(f"there is no {missing[0]}")
    server, page = make_server(roots, options.port, tuning=not options.read_only)
    address = f"http://localhost:{server.port}{page}"
    print(f"{address}  (Ctrl-C ends it; runs go on)", flush=True)
    if not options.no_browser:
        server.io_loop.add_callback(server.show, page)
    _serve(server)
    return 0


def _serve(server: Server) -> None:
    """Serve until Ctrl-C or a termination signal.

    The event loop itself waits for the signals: with no page open nothing else would wake it.
    """
    loop = asyncio.get_event_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, server.io_loop.stop)
    server.start()
    with contextlib.suppress(KeyboardInterrupt):
        server.io_loop.start()
    server.stop()


def make_server(roots: Sequence[Path], port: int, tuning: bool = True) -> tuple[Server, str]:
    """A server on the first free port from ``port`` on, for this machine only, and the page's path.

    The path holds a secret, so that other users of the machine are shown nothing.

    Raises
    ------
    UserError
        When no port is free, or ``port`` is none.
    """
    from bokeh.server.server import Server
    from bokeh.settings import settings

    from bioplaus.viewer.page import Page
    from bioplaus.viewer.view_state import View

    def open_page(document: Document) -> None:
        context: Any = document.session_context
        asked = context.request.arguments if context is not None and context.request else {}
        Page(roots, View.parse(asked), tuning).attach(document)

    if not 0 <= port <= _LAST_PORT:
        raise UserError(f"--port {port} is none; ports are 0 (any that is free) to {_LAST_PORT}")
    settings.perform_document_validation = False  # ours is tested; it would delay each visit
    path = f"/{secrets.token_urlsafe(16)}"
    for candidate in range(port, min(port + _PORTS_TRIED, _LAST_PORT + 1)):
        try:
            server = Server(
                {path: open_page},
                port=candidate,
                address="127.0.0.1",
                allow_websocket_origin=[f"localhost:{candidate}", f"127.0.0.1:{candidate}"],
                # A server with one application sends "/" to it, secret path and all.
                use_index=False,
                redirect_root=False,
                websocket_compression_level=1,
            )
        except OSError:
            continue
        return server, path
    raise UserError(f"the ports {port} to {candidate} are all in use")
