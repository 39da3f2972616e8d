"""An HTTP application as a role of a process, with its health."""

import threading
from collections.abc import Callable, Collection, Mapping

import uvicorn
from fastapi import FastAPI
from fastapi.responses import JSONResponse

from shared.runtime.process import Role, StopOrder

GRACE_SECONDS = 5


def api_role(app: FastAPI, *, host: str, port: int) -> Role:
    """Serve until stopped; requests under way get an answer."""
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )
    server = uvicorn.Server(config)

    def run(_stopping: threading.Event) -> None:
        server.run()

    def stop() -> None:
        server.should_exit = True

    return Role("api", run, StopOrder.DOORS, stop)


def add_health(app: FastAPI, checks: Callable[[], Mapping[str, bool]], *, can_wait: Collection[str] = ()) -> None:
    """`/livez` says that the process runs, `/readyz` which of its parts, or of what it stands on, does not.

    What `can_wait` is told, and keeps nobody out: what is accepted meanwhile is done once it is back.
    """

    @app.get("/livez", include_in_schema=False)
    async def livez() -> dict[str, str]:
        return {"status": "ok"}

    @app.get("/readyz", include_in_schema=False)
    def readyz() -> JSONResponse:
        states = checks()
        missing = {name for name, is_there in states.items() if not is_there}
        ready = missing <= set(can_wait)
        status = "not-ready" if not ready else "degraded" if missing else "ok"
        return JSONResponse({"status": status, "checks": dict(states)}, 200 if ready else 503)
