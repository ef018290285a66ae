"""Programs whose main thread is not woken by the signal that is to stop them."""

from typing import Final

_RUN: Final = """
import runpy, signal, sys, threading
threading.Thread(target=threading.Event().wait, daemon=True).start()
signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGINT})
runpy.run_module(sys.argv.pop(1), run_name="__main__", alter_sys=True)
"""


def taken_by_another_thread(module: str, *options: str) -> tuple[str, ...]:
    """The command for `python -m module`, with a thread that takes SIGTERM and SIGINT.

    The kernel gives a signal to the main thread if it can, but one that is just being created may
    take it first. A busy worker creates threads all the time; here it happens every time.
    """
    return ("python", "-c", _RUN, module, *options)
