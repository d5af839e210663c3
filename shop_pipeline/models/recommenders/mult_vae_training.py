"""Training of the multinomial variational autoencoder: the one module that needs torch.

Belongs here: the loss, the steps, and when to stop. Does not belong here: what is done with the layers (`mult_vae`).

Everything random comes from one generator that is seeded by the caller's; torch's own is left alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import scipy.sparse as sp

from shop_pipeline.models.arrays import AnyArray, FloatArray, SparseMatrix

try:
    import torch
    from torch.nn import functional
except ModuleNotFoundError as missing:
    if missing.name != "torch":
        raise
    raise ModuleNotFoundError(
        "MultVae learns with torch, which is not installed: pip install 'shop-pipeline[neural]'", name="torch"
    ) from missing

if TYPE_CHECKING:
    from shop_pipeline.models.recommenders.mult_vae import MultVaeConfig

_HELD_OUT_OF_HISTORY = 0.2
_RECALL_AT = 50

Layers = dict[str, Any]


def train(inputs: SparseMatrix, config: MultVaeConfig, rng: np.random.Generator) -> dict[str, FloatArray]:
    """Learn from rows of length 1 whose columns all have an entry somewhere; the layers but those of the variance."""
    generator = torch.Generator().manual_seed(int(rng.integers(2**62)))
    counts = np.diff(inputs.indptr)
    held_out = rng.random(len(counts)) < config.validation_share
    judged = _Judge(inputs[held_out & (counts > 1)], rng)
    customers = np.flatnonzero((counts > 0) & ~(held_out if judged.is_possible else False))
    layers = _drawn(inputs.shape[1], config, generator)
    optimizer = torch.optim.Adam(layers.values(), lr=config.learning_rate)
    best, best_recall, best_epoch = layers, -1.0, 0
    for epoch in range(config.max_epochs):
        weight = config.kl_weight * min(1.0, (epoch + 1) / max(1, config.annealing_epochs))
        order = rng.permutation(customers)
        for begin in range(0, len(order), config.batch_customers):
            optimizer.zero_grad()
            batch = _sparse(inputs[order[begin : begin + config.batch_customers]])
            _loss(layers, batch, config, weight, generator).backward()
            optimizer.step()
        if judged.is_possible:
            recall = judged.recall(layers)
            if recall > best_recall:
                best, best_recall, best_epoch = {k: v.detach().clone() for k, v in layers.items()}, recall, epoch
            elif epoch - best_epoch >= config.patience:
                break
    return {name: layer.detach().numpy() for name, layer in best.items() if not name.startswith("log_variance")}


def _drawn(n_products: int, config: MultVaeConfig, generator: torch.Generator) -> Layers:
    """Glorot's normal start for the matrices, a narrow normal one for the vectors, as the paper's authors do."""
    hidden, latent = config.n_hidden, config.n_latent
    shapes = {
        "encoder": (n_products, hidden), "mean": (hidden, latent), "log_variance": (hidden, latent),
        "latent": (latent, hidden), "decoder": (hidden, n_products),
    }  # fmt: skip
    layers = {}
    for name, (n_in, n_out) in shapes.items():
        layers[name] = torch.randn(n_in, n_out, generator=generator) * (2 / (n_in + n_out)) ** 0.5
        layers[f"{name}_bias"] = torch.randn(n_out, generator=generator) * 0.001
    return {name: layer.requires_grad_() for name, layer in layers.items()}


def _sparse(rows: SparseMatrix) -> torch.Tensor:
    entries: Any = sp.coo_matrix(rows)
    places = torch.from_numpy(np.stack((entries.row, entries.col)).astype(np.int64))
    return torch.sparse_coo_tensor(
        places, torch.from_numpy(entries.data), rows.shape, is_coalesced=True, check_invariants=False
    )


def _encoded(layers: Layers, inputs: torch.Tensor) -> torch.Tensor:
    return torch.tanh(torch.sparse.mm(inputs, layers["encoder"]) + layers["encoder_bias"])


def _decoded(layers: Layers, latent: torch.Tensor) -> torch.Tensor:
    last = torch.tanh(latent @ layers["latent"] + layers["latent_bias"])
    return last @ layers["decoder"] + layers["decoder_bias"]


def _loss(
    layers: Layers, batch: torch.Tensor, config: MultVaeConfig, kl_weight: float, generator: torch.Generator
) -> torch.Tensor:
    """Equation 6 of the paper for a batch: minus the log-likelihood of the histories, plus the weighted divergence.

    The likelihood counts every entry once (or its weight), so the rows, which have length 1, are taken at their largest
    entry as 1.
    """
    values, places = batch.values(), batch.indices()
    kept = (torch.rand(values.shape, generator=generator) >= config.dropout) / (1 - config.dropout)
    hidden = _encoded(
        layers, torch.sparse_coo_tensor(places, values * kept, batch.shape, is_coalesced=True, check_invariants=False)
    )
    mean = hidden @ layers["mean"] + layers["mean_bias"]
    log_variance = hidden @ layers["log_variance"] + layers["log_variance_bias"]
    noise = torch.randn(mean.shape, generator=generator)
    chances = functional.log_softmax(_decoded(layers, mean + noise * torch.exp(log_variance / 2)), dim=1)
    largest = torch.zeros(len(mean)).scatter_reduce(0, places[0], values, "amax")
    likelihood = (chances[places[0], places[1]] * values / largest[places[0]]).sum()
    divergence = 0.5 * (log_variance.exp() + mean**2 - 1 - log_variance).sum()
    return (kl_weight * divergence - likelihood) / len(mean)


class _Judge:
    """Customers held out: a part of each history goes into the network, and the rest should come out on top."""

    def __init__(self, inputs: SparseMatrix, rng: np.random.Generator) -> None:
        entries: Any = sp.coo_matrix(inputs)
        hidden = _share_of_rows(entries.row, inputs.shape[0], rng)
        self.is_possible = bool(hidden.any())
        self._given, self._hidden = (self._part(entries, chosen) for chosen in (~hidden, hidden))

    @staticmethod
    def _part(entries: Any, chosen: AnyArray) -> SparseMatrix:
        triples: Any = (entries.data[chosen], (entries.row[chosen], entries.col[chosen]))
        return sp.csr_matrix(triples, shape=entries.shape)

    def recall(self, layers: Layers) -> float:
        """The paper's Recall@50: hits / min(50, hidden entries), the mean of all customers."""
        found: list[FloatArray] = []
        with torch.no_grad():
            for begin in range(0, self._given.shape[0], 500):
                given, hidden = (part[begin : begin + 500] for part in (self._given, self._hidden))
                latent = _encoded(layers, _sparse(given)) @ layers["mean"] + layers["mean_bias"]
                scores = _decoded(layers, latent)
                scores[given.nonzero()] = -torch.inf
                top = scores.topk(min(_RECALL_AT, scores.shape[1])).indices.numpy()
                hits = np.take_along_axis(hidden.toarray() > 0, top, axis=1).sum(axis=1)
                found.append(hits / np.minimum(_RECALL_AT, np.diff(hidden.indptr)))
        return float(np.concatenate(found).mean())


def _share_of_rows(rows: AnyArray, n_rows: int, rng: np.random.Generator) -> AnyArray:
    """A mask with a fifth of each row's entries, rounded up, at random; every row has 2 entries at least."""
    counts = np.bincount(rows, minlength=n_rows)
    order = np.lexsort((rng.random(len(rows)), rows))
    place = np.arange(len(rows)) - np.repeat(np.cumsum(counts) - counts, counts)
    mask = np.zeros(len(rows), bool)
    mask[order] = place < np.ceil(_HELD_OUT_OF_HISTORY * counts)[rows]
    return mask
