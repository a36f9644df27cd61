import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import psutil

_LOOK_SECONDS = 0.002


@dataclass
class Memory:
    """What this process took beyond what it had, at most."""

    bytes: int = 0


@contextmanager
def watched_memory() -> Iterator[Memory]:
    process = psutil.Process()
    before, memory, done = process.memory_info().rss, Memory(), threading.Event()

    def watch() -> None:
        while not done.wait(_LOOK_SECONDS):
            memory.bytes = max(memory.bytes, process.memory_info().rss - before)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield memory
    finally:
        done.set()
        watcher.join()
