"""Teach the network on real films what bones look like there, and calcinosis of all kinds.

    python -m tests.bench.radiograph.learning.learn_films FOLDER --begin shadow_network.npz

The second part of the teaching: it begins with the weights that `learn` has written, and goes on with patches of real
films (`real_films`) and, so that nothing is forgotten, with those of `scenes`. FOLDER holds the backgrounds that
`learn` has made; shadow_network.npz is written into it. One thread, one seed.
"""

from __future__ import annotations

import argparse
import math
import time
from pathlib import Path

import numpy as np
import torch
from torch import nn

from calcimeasure.segment.radiograph.shadows import as_seen
from tests.bench.radiograph.learning.backgrounds import read_backgrounds
from tests.bench.radiograph.learning.learn import Network, loss_of, put
from tests.bench.radiograph.learning.real_films import film_scene, looked_at, real_films
from tests.bench.radiograph.learning.scenes import scene

FILM_PATCHES, SCENE_PATCHES = 16000, 9000
BATCH, STEPS, RATE, DECAY = 64, 800, 1.2e-3, 1e-4
FILM_SHARE = 0.6
"""Of a batch, patches of films."""
AVERAGED_FROM, KEEPS = 0.6, 0.985
"""Part of the steps after which weights are averaged, and what of the average each step keeps."""


def make_patches(folder: Path) -> None:
    """Write the patches of films and those of scenes, once."""
    rng = np.random.default_rng(21)
    films = [film for film in real_films() if not film.is_left_out]
    places = [looked_at(film) for film in films]
    made: list[tuple[np.ndarray, np.ndarray]] = []
    while len(made) < FILM_PATCHES:
        n = int(rng.integers(len(films)))
        if (one := film_scene(rng, films[n], places[n])) is not None:
            made.append(one)
    write(folder / "film_patches.npz", made)
    # Films of the first part are held out of this one.
    backgrounds = [one for one in read_backgrounds(folder / "backgrounds") if one.has_mm]
    odds = np.array([one.weight for one in backgrounds])
    made = []
    while len(made) < SCENE_PATCHES:
        if (drawn := scene(rng, backgrounds, odds / odds.sum())) is not None:
            made.append((as_seen(drawn[0], drawn[1]), drawn[2]))
    write(folder / "scene_patches.npz", made)


def write(path: Path, made: list[tuple[np.ndarray, np.ndarray]]) -> None:
    seen, shadows = zip(*made, strict=True)
    np.savez(path, seen=np.array(seen, dtype=np.float16), shadows=np.array(shadows))


def convolutions(network: Network) -> list[nn.Conv2d]:
    """In the order in which the file holds them."""
    layers = [one for layers in (*network.down, *network.up) for one in layers]
    return [*(one for one in layers if isinstance(one, nn.Conv2d)), network.last]


def read_weights(network: Network, path: Path) -> None:
    """Begin with the weights of a file."""
    stored = np.load(path)
    with torch.no_grad():
        for n, one in enumerate(convolutions(network)):
            outputs, inputs, rows, columns = one.weight.shape
            weights = stored[f"weights_{n:02}"].astype(np.float32).reshape(rows, columns, inputs, outputs)
            one.weight.copy_(torch.from_numpy(weights).permute(3, 2, 0, 1))
            one.bias.copy_(torch.from_numpy(stored[f"bias_{n:02}"].astype(np.float32)))


def write_weights(network: Network, path: Path) -> None:
    arrays: dict[str, np.ndarray] = {}
    for one in convolutions(network):
        put(arrays, one.weight.permute(2, 3, 1, 0).reshape(-1, one.weight.shape[0]), one.bias)
    np.savez_compressed(path, **arrays)


def learn(folder: Path, begin: Path) -> Network:
    torch.set_num_threads(1)
    torch.manual_seed(2)
    rng = np.random.default_rng(2)
    films, scenes = (dict(np.load(folder / f"{kind}_patches.npz")) for kind in ("film", "scene"))
    network = Network(normalized=False)
    read_weights(network, begin)
    network = network.to(memory_format=torch.channels_last)
    average = torch.optim.swa_utils.AveragedModel(network, avg_fn=lambda kept, new, _: KEEPS * kept + (1 - KEEPS) * new)
    optimizer = torch.optim.AdamW(network.parameters(), lr=RATE, weight_decay=DECAY)
    begun = time.process_time()
    for step in range(STEPS):
        done = step / STEPS
        for group in optimizer.param_groups:
            group["lr"] = RATE * min(1, (step + 1) / 60) * 0.5 * (1 + math.cos(math.pi * done))
        count = round(FILM_SHARE * BATCH)
        parts = [(films, rng.integers(len(films["seen"]), size=count)),
                 (scenes, rng.integers(len(scenes["seen"]), size=BATCH - count))]  # fmt: skip
        seen = np.concatenate([of["seen"][which] for of, which in parts]).transpose(0, 3, 1, 2)
        shadows = np.concatenate([of["shadows"][which] for of, which in parts])[:, None]
        quarter, mirror = int(rng.integers(4)), slice(None, None, int(rng.choice([1, -1])))
        seen, shadows = (np.rot90(one, quarter, (2, 3))[..., mirror].astype(np.float32) for one in (seen, shadows))
        with torch.autocast("cpu", dtype=torch.bfloat16):
            log_odds = network(torch.from_numpy(seen.copy()).contiguous(memory_format=torch.channels_last))
        loss = loss_of(log_odds.float(), torch.from_numpy(shadows.copy()))
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
        if done >= AVERAGED_FROM:
            average.update_parameters(network)
        if step % 50 == 0:
            print(f"{step} steps, {time.process_time() - begun:.0f} s: {float(loss.detach()):.3f}", flush=True)  # noqa: T201
        if step % 100 == 99 and done >= AVERAGED_FROM:
            write_weights(average.module, folder / "shadow_network.npz")
    return average.module


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--begin", type=Path, required=True)
    given = parser.parse_args()
    if not (given.folder / "scene_patches.npz").exists():
        make_patches(given.folder)
    write_weights(learn(given.folder, given.begin), given.folder / "shadow_network.npz")


if __name__ == "__main__":
    main()
