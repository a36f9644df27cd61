"""What is waited for, and how often something is tried, in talking to an archive. None of it changes a number."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Patience:
    """Limits of time and of attempts.

    Parameters
    ----------
    attempts
        How often a request is tried in all. With one failure in ten requests, 8 leave one of 100 million undone.
    first_attempts
        The same before the archive has ever answered: an address with a mistake in it is told within a second.
    first_wait_s
        Time before the second attempt; it doubles with each further one.
    longest_wait_s
        Longest time between two attempts, also where the archive asks for more (Retry-After).
    connect_s, read_s
        Time to connect, and between two pieces of an answer. An archive may bring a study back from tape first.
    """

    attempts: int = 8
    first_attempts: int = 3
    first_wait_s: float = 0.25
    longest_wait_s: float = 120.0
    connect_s: float = 10.0
    read_s: float = 60.0


PATIENCE = Patience()

CONNECTIONS = 4
"""Connections that are kept open: more make no archive faster, and some archives refuse more."""

PAGE = 200
"""Answers that are asked for at once."""
