"""`lianxin serve`: workers that are replaced when they die, and that die with the server that started them."""

import ctypes
import multiprocessing
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.db import connections
from django.utils.translation import gettext as _

from lianxin.config.readiness import why_not_ready
from lianxin.ui.terminal import refuse, say

# A worker imports this file before Django is set up: nothing here may need it at import.

THREADS = 4
"""Requests one worker answers at a time; waiting for the disk, they overlap."""
PAUSE = 1
"""Seconds before a server whose workers die as fast as they are replaced is started anew."""
DIE_WITH_PARENT = 1  # PR_SET_PDEATHSIG of prctl(2)


def serve_until_stopped(host: str, port: int, workers: int, cert: Path | None, key: Path | None) -> None:
    """Granian replaces workers that fail, and gives up where one fails twice within seconds: then it is started anew."""
    from granian import Granian
    from granian.constants import Interfaces, SSLProtocols
    from granian.log import LogLevels

    multiprocessing.set_start_method("spawn", force=True)  # nothing of this process is shared: no lock, no database connection
    while True:
        connections.close_all()
        try:
            server = Granian(
                "lianxin.config.wsgi:application",
                address=host,
                port=port,
                interface=Interfaces.WSGI,
                workers=workers,
                blocking_threads=THREADS,
                respawn_failed_workers=True,
                respawn_interval=0.5,
                workers_kill_timeout=10,
                log_level=LogLevels.error,
                ssl_cert=cert,
                ssl_key=key,
                ssl_protocol_min=SSLProtocols.tls12,
            )
            server.serve(target_loader=load)
        except SystemExit:  # how it gives up
            pass
        except (OSError, RuntimeError) as failure:
            refuse(_("Cannot serve on %(address)s: %(why)s") % {"address": f"{host}:{port}", "why": failure})
        if server.interrupt_signal:
            return
        problem = why_not_ready()
        if problem:
            refuse(problem)
        say(_("The workers died too fast; starting anew."))
        time.sleep(PAUSE)
        if server.interrupt_signal:
            return  # type: ignore[unreachable]  # a signal sets it between the two looks


def load(_target: str) -> Callable[..., Any]:
    """In a worker: tie its life to the server's, then open the door."""
    server = multiprocessing.parent_process()
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(DIE_WITH_PARENT, signal.SIGKILL)
    if server is None or os.getppid() != server.pid:  # it died before it could be tied
        os._exit(1)
    from lianxin.config.wsgi import application

    return application
