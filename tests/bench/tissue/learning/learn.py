"""Fit the signs and teach the network of `calcimeasure.segment.ct.network`, and tell how good both are.

    python -m tests.bench.tissue.learning.learn SCENES OUT

SCENES holds what `tests.bench.tissue.learning.build` wrote. OUT takes part_network.npz and figures.txt. Everything
follows from the scenes and one seed, on one thread.
"""

from __future__ import annotations

import argparse
import dataclasses
import math
import time
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as nnf
from scipy.optimize import minimize
from torch import nn

from calcimeasure.segment.ct.constants import CT
from calcimeasure.segment.ct.features import Features
from calcimeasure.segment.ct.solids import WholeFeatures
from calcimeasure.segment.ct.views import CHANNELS, as_channels

SHARED_WIDTHS = (20, 28, 40, 48)
DENSE = 48
BATCH, RATE, DECAY = 48, 2.5e-3, 3e-4
SMALLEST_MM = 8.0
MOST_OF_A_SCENE = 50
MASS, NOT_MASS = 0.5, 0.08
"""From this share on a candidate is a mass, up to this share it is none; those between are not taught."""


@dataclasses.dataclass(frozen=True, slots=True, eq=False)
class Table:
    """Candidates of all scenes.

    Parameters
    ----------
    features
        (n, features)
    seen, own
        (n, VIEWS, SIDE, SIDE)
    is_mass, weight, patient, anatomy, lone, extent_mm, scene
        (n,)
    """

    features: np.ndarray
    seen: np.ndarray
    own: np.ndarray
    is_mass: np.ndarray
    weight: np.ndarray
    patient: np.ndarray
    anatomy: np.ndarray
    lone: np.ndarray
    extent_mm: np.ndarray
    scene: np.ndarray


def read_table(folder: Path, which: str) -> Table:
    """Read candidates (`p`: parts, `w`: solids); of a scene with many, the largest and some others."""
    rng = np.random.default_rng(1)
    rows: dict[str, list[np.ndarray]] = {field.name: [] for field in dataclasses.fields(Table)}
    for number, path in enumerate(sorted(folder.glob("*.npz"))):
        stored = np.load(path)
        if f"{which}features" not in stored:
            continue
        share, extent = stored[f"{which}mass_share"], stored[f"{which}extent_mm"]
        taught = ((share > MASS) | (share < NOT_MASS)) & (extent >= SMALLEST_MM) & ~stored[f"{which}plain"]
        kept = []
        for group in (share > MASS, share < NOT_MASS):
            index = np.flatnonzero(taught & group)
            if len(index) > MOST_OF_A_SCENE:
                order = index[np.argsort(-extent[index])]
                rest = order[MOST_OF_A_SCENE // 2 :]
                index = np.concatenate(
                    [order[: MOST_OF_A_SCENE // 2], rng.choice(rest, MOST_OF_A_SCENE // 2, replace=False)]
                )
            kept.append(index)
        index = np.sort(np.concatenate(kept))
        rows["features"].append(stored[f"{which}features"][index])
        rows["seen"].append(stored[f"{which}seen"][index])
        rows["own"].append(np.unpackbits(stored[f"{which}own"][index], axis=-1).astype(bool))
        rows["is_mass"].append(share[index] > MASS)
        rows["weight"].append(np.clip(extent[index] / 20, 0.4, 2.5))
        rows["extent_mm"].append(extent[index])
        for name, value in (("patient", str(stored["patient"])), ("anatomy", str(stored["anatomy"])),
                            ("lone", bool(stored["lone"])), ("scene", number)):  # fmt: skip
            rows[name].append(np.full(len(index), value))
    return Table(**{name: np.concatenate(some) for name, some in rows.items()})


# The signs


def signs_of(table: Table, which: str) -> np.ndarray:
    """(n, signs) values of the signs as `judge.read` gives them."""
    names = [field.name for field in dataclasses.fields(Features if which == "p" else WholeFeatures)]
    column = {name: table.features[:, n] for n, name in enumerate(names)}
    joined = column["neighbor_share"] + column["marrow_share"] + column["cut_share"] > CT.least_contact
    found = []
    for sign in CT.signs if which == "p" else CT.whole_signs:
        value = np.clip(column[sign.name], *sign.limits)
        told = np.log(value / sign.origin) if sign.is_logarithmic else value - sign.origin
        found.append(told * np.where(joined, sign.if_joined, sign.if_free))
    return np.stack(found, axis=1).astype(np.float64)


def fit(values: np.ndarray, table: Table, rows: np.ndarray, directions: np.ndarray, prior: float) -> np.ndarray:
    """Logistic regression with a ridge of 0.3; the first weight is the base, and no sign says the contrary of itself.

    In a series there is more bone for each mass than in a scene: `prior` times as much.
    """
    x = np.concatenate([np.ones((len(rows), 1)), values[rows]], axis=1)
    y = table.is_mass[rows].astype(float)
    w = table.weight[rows] * np.where(y, 1, prior)

    def loss(b: np.ndarray) -> tuple[float, np.ndarray]:
        z = x @ b
        p = 1 / (1 + np.exp(-np.clip(z, -30, 30)))
        value = np.sum(w * (np.logaddexp(0, z) - y * z)) + 0.3 * np.sum(b[1:] ** 2)
        return float(value), x.T @ (w * (p - y)) + 0.6 * np.concatenate([[0], b[1:]])

    bounds = [(None, None), *((0, None) if one > 0 else (None, 0) for one in directions)]
    return minimize(loss, np.zeros(x.shape[1]), jac=True, method="L-BFGS-B", bounds=bounds).x


# The network


class Network(nn.Module):
    """What `network.log_odds` computes, before its weights are folded."""

    def __init__(self) -> None:
        super().__init__()
        self.scales = nn.ModuleList([self._stem() for _ in CT.view_steps_mm])
        self.dense = nn.Linear(4 * SHARED_WIDTHS[-1] * len(CT.view_steps_mm) + 1, DENSE)
        self.last = nn.Linear(DENSE, 1)

    @staticmethod
    def _stem() -> nn.Sequential:
        layers: list[nn.Module] = []
        inputs = CHANNELS
        for outputs, size, step in zip(SHARED_WIDTHS, (5, 3, 3, 3), (2, 2, 1, 2), strict=True):
            layers += [
                nn.Conv2d(inputs, outputs, size, step, size // 2, bias=False),
                nn.BatchNorm2d(outputs),
                nn.ReLU(),
            ]
            inputs = outputs
        return nn.Sequential(*layers)

    def forward(self, seen: torch.Tensor, whole: torch.Tensor) -> torch.Tensor:
        """(n,) log odds of (n, VIEWS, CHANNELS, SIDE, SIDE)."""
        found = []
        for scale, stem in enumerate(self.scales):
            views = seen[:, 3 * scale : 3 * scale + 3].flatten(0, 1).contiguous(memory_format=torch.channels_last)
            pixels = stem(views).unflatten(0, (len(seen), 3)).float()
            flat = torch.cat([pixels.mean((3, 4)), pixels.amax((3, 4))], 2)
            found += [flat.mean(1), flat.amax(1)]
        hidden = nnf.relu(self.dense(nnf.dropout(torch.cat([*found, whole[:, None]], 1), 0.2, self.training)))
        return self.last(hidden)[:, 0]


@dataclasses.dataclass(frozen=True, slots=True, eq=False)
class Both:
    """Parts and solids, one after the other."""

    seen: np.ndarray
    own: np.ndarray
    is_mass: np.ndarray
    weight: np.ndarray
    whole: np.ndarray


def as_input(rng: np.random.Generator | None, both: Both, index: np.ndarray) -> torch.Tensor:
    seen, own = both.seen[index], both.own[index]
    if rng is not None:
        # Every plane turned and mirrored as all others are; denser or less dense, and noisier.
        if rng.random() < 0.5:
            seen, own = seen[..., ::-1], own[..., ::-1]
        if rng.random() < 0.5:
            seen, own = seen[..., ::-1, :], own[..., ::-1, :]
        if rng.random() < 0.5:
            seen, own = seen.swapaxes(-1, -2), own.swapaxes(-1, -2)
        beyond = seen == -32768
        changed = seen * rng.uniform(0.88, 1.12, (len(index), 1, 1, 1)) + rng.normal(0, 12, (len(index), 1, 1, 1))
        seen = np.where(beyond, -32768, np.clip(changed, -2000, 32000)).astype(np.int16)
    return torch.from_numpy(np.ascontiguousarray(as_channels(seen, own).transpose(0, 1, 4, 2, 3)))


def teach(both: Both, rows: np.ndarray, steps: int, seed: int) -> Network:
    """Teach for so many steps of `BATCH` candidates each."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    network = Network()
    optimizer = torch.optim.AdamW(network.parameters(), lr=RATE, weight_decay=DECAY)
    groups = [rows[(both.is_mass[rows] == mass) & (both.whole[rows] == whole)] for mass in (0, 1) for whole in (0, 1)]
    odds = [both.weight[one] / both.weight[one].sum() for one in groups]
    begun, shown = time.monotonic(), 0.0
    network.train()
    for step in range(1, steps + 1):
        for group in optimizer.param_groups:
            group["lr"] = RATE * min(1, step / 50) * 0.5 * (1 + math.cos(math.pi * step / steps))
        # Parts and solids, masses and others, in equal numbers.
        index = np.concatenate([rng.choice(one, BATCH // 4, p=p) for one, p in zip(groups, odds, strict=True)])
        with torch.autocast("cpu", dtype=torch.bfloat16):
            said = network(as_input(rng, both, index), torch.from_numpy(both.whole[index].astype(np.float32)))
        said = said.float()
        true = torch.from_numpy(both.is_mass[index].astype(np.float32)) * 0.98 + 0.01
        loss = nnf.binary_cross_entropy_with_logits(said, true)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        shown = 0.98 * shown + 0.02 * float(loss.detach())
        if step % 100 == 0:
            said = f"  {step} of {steps} steps, {time.monotonic() - begun:.0f} s: loss {shown / (1 - 0.98**step):.3f}"
            print(said, flush=True)  # noqa: T201 - it takes long
    network.eval()
    return network


def said_by(network: Network, both: Both, rows: np.ndarray) -> np.ndarray:
    found = []
    with torch.no_grad():
        for n in range(0, len(rows), 256):
            index = rows[n : n + 256]
            found.append(
                network(as_input(None, both, index), torch.from_numpy(both.whole[index].astype(np.float32))).numpy()
            )
    return np.concatenate(found) if found else np.empty(0)


def write_weights(network: Network, path: Path) -> None:
    """Fold each normalization into its convolution."""
    arrays: dict[str, np.ndarray] = {}

    def put(weights: torch.Tensor, bias: torch.Tensor) -> None:
        n = len(arrays) // 2
        arrays[f"weights_{n:02}"] = weights.detach().numpy().astype(np.float16)
        arrays[f"bias_{n:02}"] = bias.detach().numpy().astype(np.float32)

    for stem in network.scales:
        for convolution, norm in zip(stem[::3], stem[1::3], strict=True):
            factor = norm.weight / torch.sqrt(norm.running_var + norm.eps)
            weights = (convolution.weight * factor[:, None, None, None]).permute(2, 3, 1, 0)
            put(weights.reshape(-1, weights.shape[-1]), norm.bias - norm.running_mean * factor)
    for layer in (network.dense, network.last):
        put(layer.weight.T, layer.bias)
    np.savez_compressed(path, **arrays)


FOLDS = (
    ("C3N-00249", "CRLM-1004", "STS_005", "lone/A048383", "lone/A062055"),
    ("andrei", "TCGA-09-2043", "STS_006", "lone/A027284", "lone/A058062"),
    ("A0001_2", "STS_007", "CRLM-1006", "lone/A046441"),
    ("taichi", "STS_004", "STS_009", "lone/A072894"),
)
"""Patients that are left out together: the network that speaks of a patient was not taught on that patient."""
STEPS_OF_A_FOLD, STEPS = 2200, 2600
PRIOR_OF_PARTS, PRIOR_OF_WHOLES = 8.5, 3.0


def tell(name: str, log_odds: np.ndarray, table: Table, rows: np.ndarray) -> list[str]:
    """Figures of patients left out: Brier score, reliability, and what is found and false at even odds."""
    lines = []
    for what, here in ((name, rows), (f"{name} of 20 mm", rows[table.extent_mm[rows] >= 20])):
        said, true = 1 / (1 + np.exp(-log_odds[here])), table.is_mass[here]
        brier = np.mean((said - true) ** 2)
        found, false = np.sum(said[true] >= 0.5), np.sum(said[~true] >= 0.5)
        lines.append(f"{what}: Brier {brier:.3f}; {found} of {true.sum()} found, {false} of {(~true).sum()} false")
        for low, high in ((0, 0.1), (0.1, 0.5), (0.5, 0.9), (0.9, 1.01)):
            some = (said >= low) & (said < high)
            if some.any():
                lines.append(f"    said {low} to {min(high, 1)}: {some.sum()}, of which {true[some].mean():.3f} masses")
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("scenes", type=Path)
    parser.add_argument("out", type=Path)
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(1)
    tables = {which: read_table(given.scenes, which) for which in "pw"}
    parts = len(tables["p"].is_mass)

    def joined(name: str) -> np.ndarray:
        return np.concatenate([getattr(tables[which], name) for which in "pw"])

    patient = joined("patient")
    both = Both(joined("seen"), joined("own"), joined("is_mass"), joined("weight"), np.arange(len(patient)) >= parts)
    said = np.zeros(len(patient))
    for fold in FOLDS:
        left_out = np.isin(patient, fold)
        network = teach(both, np.flatnonzero(~left_out), STEPS_OF_A_FOLD, 1)
        said[left_out] = said_by(network, both, np.flatnonzero(left_out))
    write_weights(teach(both, np.arange(len(patient)), STEPS, 1), given.out / "part_network.npz")
    lines = []
    for which, name, signs, base, prior, mine in (
        ("p", "parts", CT.signs, CT.base_log_odds, PRIOR_OF_PARTS, slice(0, parts)),
        ("w", "solids", CT.whole_signs, CT.whole_base_log_odds, PRIOR_OF_WHOLES, slice(parts, None)),
    ):
        table, values = tables[which], signs_of(tables[which], which)
        weights = np.array([sign.weight for sign in signs])
        looked_at = base + values @ weights >= CT.decided_log_odds
        values = np.concatenate([said[mine, None], values], axis=1)
        directions = np.concatenate([[1.0], weights])
        for left in ("patient", "anatomy"):
            log_odds = np.zeros(len(values))
            groups = getattr(table, left)
            for one in np.unique(groups):
                fitted = fit(values, table, np.flatnonzero(looked_at & (groups != one)), directions, prior)
                log_odds[groups == one] = fitted[0] + values[groups == one] @ fitted[1:]
            lines += [f"one {left} left out", *tell(name, log_odds, table, np.flatnonzero(looked_at))]
        fitted = fit(values, table, np.flatnonzero(looked_at), directions, prior)
        named = zip(["base", "network", *(sign.name for sign in signs)], fitted, strict=True)
        lines.append(f"weights of {name}: " + ", ".join(f"{sign} {weight:.2f}" for sign, weight in named))
    (given.out / "figures.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
