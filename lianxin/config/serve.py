"""`lianxin serve`: workers that are replaced when they die, and that die with the server that started them."""

import ctypes
import gc
import multiprocessing
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.db import DatabaseError, connections
from django.utils.translation import gettext as _
from granian.constants import Interfaces, SSLProtocols
from granian.log import LogLevels, configure_logging
from granian.server import MPServer

from lianxin.config.folder import current_folder
from lianxin.ui.terminal import refuse, say

# A worker may import this file before Django is set up: nothing here may need it at import.

THREADS = 4
"""Requests one worker answers at a time; waiting for the disk, they overlap."""
LOOK = 0.1
"""Seconds between two looks at the workers."""
YOUNG, PAUSE = 2.0, 0.5
"""Seconds: the successor of a worker that died younger waits so long; workers that cannot live must not keep us busy."""
LONGEST_GOODBYE = 10
"""Seconds a worker has to finish what it is answering, once told to stop."""
DIE_WITH_PARENT = 1  # PR_SET_PDEATHSIG of prctl(2)


def serve_until_stopped(host: str, port: int, workers: int, cert: Path | None, key: Path | None) -> None:
    """Serve until SIGTERM or SIGINT; requests under way are answered first. SIGHUP replaces the workers one by one."""
    multiprocessing.set_start_method("fork" if _may_fork() else "spawn", force=True)
    from lianxin.config.backup import forget_left_snapshots

    forget_left_snapshots()
    connections.close_all()  # a database connection must not be shared with the workers
    try:
        server = Server(
            "lianxin.config.wsgi:application",
            address=host,
            port=port,
            interface=Interfaces.WSGI,
            workers=workers,
            blocking_threads=THREADS,
            workers_kill_timeout=LONGEST_GOODBYE,
            respawn_interval=1,
            log_enabled=False,  # its threads would write while a worker is forked; we say what matters, workers say the rest
            ssl_cert=cert,
            ssl_key=key,
            ssl_protocol_min=SSLProtocols.tls12,
        )
        with current_folder().in_use():
            server.serve(target_loader=load)
    except (OSError, RuntimeError) as failure:
        refuse(_("Cannot serve on %(address)s: %(why)s") % {"address": f"{host}:{port}", "why": failure})
    if server.problem:
        refuse(server.problem)


def refuse_taken(host: str, port: int) -> None:
    """Workers share the port among themselves, and the system would let a second server in with them: so it is asked first."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as failure:
            why = failure.strerror or failure
            refuse(_("Cannot serve on %(address)s: %(why)s") % {"address": f"{host}:{port}", "why": why})


def _may_fork() -> bool:
    """Whether workers may be copies of this process, up in a tenth of a second: only where no other thread could hold a lock.

    Otherwise (the demonstration was just made, or this is not Linux) each is a fresh process, which takes seconds.
    """
    tasks = Path("/proc/self/task")
    if not tasks.exists() or threading.active_count() > 1:
        return False
    names = [(task / "comm").read_text().strip() for task in tasks.iterdir()]
    return sum(name != "jemalloc_bg_thd" for name in names) == 1  # Arrow's allocator; it looks after itself in a fork


class Server(MPServer):
    """Granian under our own eye.

    Its own loop gives up where a worker fails twice within seconds, may miss one of two that die together, and sets an event in
    signal handlers, which can catch the main thread holding that event's lock. Ours looks at the workers themselves.
    """

    problem: str | None = None
    """Why serving ended, where nobody asked for it."""

    def signal_handler_interrupt(self, *_: object) -> None:
        self.interrupt_signal = True

    def signal_handler_reload(self, *_: object) -> None:
        self.reload_signal = True

    def _serve_loop(self, spawn_target: Callable[..., None], target_loader: Callable[..., Any]) -> None:
        while not self.interrupt_signal:
            time.sleep(LOOK)
            if self.reload_signal:
                self._take_in_and_reload(spawn_target, target_loader)
            dead = [number for number, worker in enumerate(self.wrks) if not worker.inner.is_alive()]
            if dead and not self.interrupt_signal:
                self._replace(dead, spawn_target, target_loader)
        self.interrupt_children.clear()  # those that were replaced are no failure of the stop

    def _take_in_and_reload(self, spawn_target: Callable[..., None], target_loader: Callable[..., Any]) -> None:
        from lianxin.cases import rules

        mistake = rules.take_in(anew=True)  # here, as workers are copies of this process
        if mistake:
            self.reload_signal = False
            say(_("%(mistake)s. The workers go on as they are.") % {"mistake": mistake})
            return
        self._reload(spawn_target, target_loader)  # type: ignore[no-untyped-call]

    def _replace(self, dead: list[int], spawn_target: Callable[..., None], target_loader: Callable[..., Any]) -> None:
        self.problem = _why_none_lives()
        if self.problem:
            self.interrupt_signal = True
            return
        if any(time.monotonic() - self.wrks[number].birth < YOUNG for number in dead):
            time.sleep(PAUSE)
        if not self.interrupt_signal:
            say(_("A worker died and is replaced.") if len(dead) == 1 else _("Workers died and are replaced."))
            self._respawn_workers(dead, spawn_target, target_loader)


def _why_none_lives() -> str | None:
    """What keeps every worker from starting; None where it may pass by itself (a database server that is being restarted)."""
    from lianxin.config.readiness import why_not_ready

    try:
        return why_not_ready()
    except DatabaseError:
        return None
    finally:
        connections.close_all()


def load(_target: str) -> Callable[..., Any]:
    """In a worker: tie its life to the server's, then open the door."""
    signal.signal(signal.SIGTERM, signal.SIG_DFL)  # until Granian sets its own: a copy of the server would only note it
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the server too, which tells the workers in order
    server = multiprocessing.parent_process()
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(DIE_WITH_PARENT, signal.SIGKILL)
    if server is None or os.getppid() != server.pid:  # it died before it could be tied
        os._exit(1)
    configure_logging(LogLevels.error)
    from lianxin.config import daily
    from lianxin.config.wsgi import application

    daily.begin()
    gc.collect()
    gc.freeze()  # what is loaded now stays: a search for garbage need not walk through it again and again
    return application
