"""Teach the network, and write its weights as `calcimeasure.segment.radiograph.network` reads them.

    python -m tests.bench.radiograph.learning.learn FOLDER --minutes 50

FOLDER takes backgrounds and patches (some 10 GB); shadow_network.npz is written into it: with it `learn_films`
begins.
"""

from __future__ import annotations

import argparse
import math
import time
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as nnf
from torch import nn

from calcimeasure.segment.radiograph.network import CHANNELS, LEVELS
from calcimeasure.segment.radiograph.shadows import as_seen
from tests.bench.radiograph.learning.backgrounds import make_backgrounds, read_backgrounds
from tests.bench.radiograph.learning.scenes import scene

WIDTHS = (16, 32, 64, 96)
BATCH, RATE, DECAY = 64, 2.5e-3, 1e-4
PATCHES, SHARDS = 2048, 100
AVERAGED_FROM, KEEPS = 0.6, 0.998
"""Part of the time after which weights are averaged, and what of the average each step keeps."""


def make_patches(folder: Path, shard: int) -> None:
    rng = np.random.default_rng([11, shard])
    backgrounds = read_backgrounds(folder / "backgrounds")
    odds = np.array([one.weight for one in backgrounds])
    seen, shadows = [], []
    while len(seen) < PATCHES:
        made = scene(rng, backgrounds, odds / odds.sum())
        if made is not None:
            seen.append(as_seen(made[0], made[1]))
            shadows.append(made[2])
    np.savez(folder / f"patches_{shard:03}.npz", seen=np.array(seen, dtype=np.float16), shadows=np.array(shadows))


def pair(inputs: int, outputs: int, *, normalized: bool) -> nn.Sequential:
    layers: list[nn.Module] = []
    for channels in (inputs, outputs):
        norm = [nn.BatchNorm2d(outputs)] if normalized else []
        layers += [nn.Conv2d(channels, outputs, 3, padding=1, bias=not normalized), *norm, nn.ReLU()]
    return nn.Sequential(*layers)


class Network(nn.Module):
    """What `mass_shares` computes: before normalizations are folded into the convolutions, or after that."""

    def __init__(self, *, normalized: bool = True) -> None:
        super().__init__()
        downward = zip((CHANNELS, *WIDTHS), WIDTHS, strict=False)
        upward = [(WIDTHS[n] + WIDTHS[n + 1], WIDTHS[n]) for n in reversed(range(LEVELS - 1))]
        self.down = nn.ModuleList([pair(a, b, normalized=normalized) for a, b in downward])
        self.up = nn.ModuleList([pair(a, b, normalized=normalized) for a, b in upward])
        self.last = nn.Conv2d(WIDTHS[0], 1, 1)

    def forward(self, seen: torch.Tensor) -> torch.Tensor:
        levels = []
        for n, layers in enumerate(self.down):
            seen = layers(nnf.max_pool2d(seen, 2) if n else seen)
            levels.append(seen)
        for finer, layers in zip(reversed(levels[:-1]), self.up, strict=True):
            seen = layers(torch.cat([finer, nnf.interpolate(seen, scale_factor=2, mode="nearest")], 1))
        return self.last(seen)


def loss_of(log_odds: torch.Tensor, shadows: torch.Tensor) -> torch.Tensor:
    """Cross entropy of the pixels, and what is missing to a Dice of 1; an empty patch should stay empty."""
    shares = torch.sigmoid(log_odds)
    both, total = (shares * shadows).sum((1, 2, 3)), (shares + shadows).sum((1, 2, 3))
    return nnf.binary_cross_entropy_with_logits(log_odds, shadows) + 1 - ((2 * both + 8) / (total + 8)).mean()


def learn(folder: Path, minutes: float) -> Network:
    rng = np.random.default_rng(1)
    torch.manual_seed(1)
    shards = [dict(np.load(path)) for path in sorted(folder.glob("patches_*.npz"))]
    network = Network().to(memory_format=torch.channels_last)
    average = torch.optim.swa_utils.AveragedModel(
        network, avg_fn=lambda kept, new, _: KEEPS * kept + (1 - KEEPS) * new, use_buffers=True
    )
    optimizer = torch.optim.AdamW(network.parameters(), lr=RATE, weight_decay=DECAY)
    begun, steps = time.monotonic(), 0
    while (done := (time.monotonic() - begun) / (60 * minutes)) < 1:
        rate = RATE * min(1, (steps + 1) / 200) * 0.5 * (1 + math.cos(math.pi * max(0, (done - 0.1) / 0.9)))
        for group in optimizer.param_groups:
            group["lr"] = rate
        shard = shards[rng.integers(len(shards))]
        which = rng.integers(len(shard["seen"]), size=BATCH)
        seen, shadows = shard["seen"][which].transpose(0, 3, 1, 2), shard["shadows"][which][:, None]
        quarter, mirror = int(rng.integers(4)), slice(None, None, int(rng.choice([1, -1])))
        seen, shadows = (np.rot90(one, quarter, (2, 3))[..., mirror].astype(np.float32) for one in (seen, shadows))
        with torch.autocast("cpu", dtype=torch.bfloat16):
            log_odds = network(torch.from_numpy(seen).contiguous(memory_format=torch.channels_last))
        loss = loss_of(log_odds.float(), torch.from_numpy(shadows.copy()))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        steps += 1
        if done > AVERAGED_FROM:
            average.update_parameters(network)
        if steps % 200 == 0:
            print(f"{steps} steps, {done:.0%}: {float(loss.detach()):.3f}", flush=True)  # noqa: T201 - it takes long
    return average.module


def write_weights(network: Network, path: Path) -> None:
    """Fold each normalization into its convolution."""
    arrays: dict[str, np.ndarray] = {}
    for layers in (*network.down, *network.up):
        for convolution, norm in zip(layers[::3], layers[1::3], strict=True):
            factor = norm.weight / torch.sqrt(norm.running_var + norm.eps)
            weights = (convolution.weight * factor[:, None, None, None]).permute(2, 3, 1, 0)
            put(arrays, weights.reshape(-1, weights.shape[-1]), norm.bias - norm.running_mean * factor)
    put(arrays, network.last.weight[:, :, 0, 0].T, network.last.bias)
    np.savez_compressed(path, **arrays)


def put(arrays: dict[str, np.ndarray], weights: torch.Tensor, bias: torch.Tensor) -> None:
    n = len(arrays) // 2
    arrays[f"weights_{n:02}"] = weights.detach().numpy().astype(np.float16)
    arrays[f"bias_{n:02}"] = bias.detach().numpy().astype(np.float32)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--minutes", type=float, default=50)
    given = parser.parse_args()
    if not (given.folder / "backgrounds").exists():
        make_backgrounds(given.folder / "backgrounds")
    missing = [n for n in range(SHARDS) if not (given.folder / f"patches_{n:03}.npz").exists()]
    with ProcessPoolExecutor() as pool:
        list(pool.map(partial(make_patches, given.folder), missing))
    write_weights(learn(given.folder, given.minutes), given.folder / "shadow_network.npz")


if __name__ == "__main__":
    main()
