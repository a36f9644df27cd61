"""Products of matrices use one thread where they are held to it, and as many as before afterwards."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from calcimeasure.segment.radiograph.network import CHANNELS, SIDE, mass_shares
from calcimeasure.threads import one_thread_for_products

LIMIT = 2


def threads() -> set[int]:
    return {one["num_threads"] for one in threadpool_info() if one["user_api"] == "blas"}


def test_each_thread_is_held_and_gets_its_limit_back() -> None:
    def held() -> list[set[int]]:
        with threadpool_limits(LIMIT, user_api="blas"):
            with one_thread_for_products():
                inside = threads()
            return [inside, threads()]

    assert held() == [{1}, {LIMIT}]
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(held).result() == [{1}, {LIMIT}]


def test_a_fault_does_not_keep_the_limit() -> None:
    with threadpool_limits(LIMIT, user_api="blas"):
        with pytest.raises(ZeroDivisionError), one_thread_for_products():
            raise ZeroDivisionError
        assert threads() == {LIMIT}


def test_a_network_uses_one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []

    def found(patches: np.ndarray, _: str) -> np.ndarray:
        seen.append(threads())
        return patches[..., 0]

    monkeypatch.setattr("calcimeasure.segment.radiograph.network._mass_shares", found)
    with threadpool_limits(LIMIT, user_api="blas"):
        mass_shares(np.zeros((1, SIDE, SIDE, CHANNELS), dtype=np.float32))
        assert threads() == {LIMIT}
    assert seen == [{1}]
