"""Taste as a point in a latent space, found by a network: the multinomial variational autoencoder.

Belongs here: the model's configuration, its learned layers, and lists from them in NumPy.
Does not belong here: training, which alone needs torch (`mult_vae_training`); the search for the best products
(`top_n`).

Published lists need no torch: the state is the layers as they map a history to its mean, without dropout or noise.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import scipy.sparse as sp

from shop_pipeline.models.arrays import AnyArray, FloatArray, SparseMatrix
from shop_pipeline.models.interactions import Interactions, Size
from shop_pipeline.models.recommenders.recommender import HistoryRecommender
from shop_pipeline.models.recommenders.state import Parameters
from shop_pipeline.models.top_n import TopN, top_n_from_factors

_LISTS_PER_BLOCK = 16_384


@dataclass(frozen=True, slots=True)
class MultVaeConfig:
    """The network of Liang, Krishnan, Hoffman and Jebara 2018 and its training."""

    n_hidden: int = 200
    """Width of the layers beside the latent one; time grows with it times the number of products."""
    n_latent: int = 100
    """Numbers per customer."""
    dropout: float = 0.5
    """Share of a history that is hidden from the network while it learns; raise it when it learns by heart."""
    kl_weight: float = 0.2
    """The paper's beta: how strongly customers are drawn to the middle; raise it when histories are short."""
    annealing_epochs: int = 10
    """Passes over which the weight grows from 0."""
    learning_rate: float = 4e-3
    """Step of Adam; too large a step makes the loss jump, and the paper's 1e-3 takes several times the passes."""
    batch_customers: int = 500
    """Customers per step; more take memory and fewer steps."""
    max_epochs: int = 20
    """Passes over all customers at most."""
    patience: int = 5
    """Stops after this many passes without a better recall of the customers held out."""
    validation_share: float = 0.05
    """Share of customers held out to stop by; at 0 all passes are made and the last is kept."""
    weight_power: float = 0.0
    """Weights count to this power: 0 asks only whether there is an interaction."""


SPACE = {
    "kl_weight": (0.05, 0.1, 0.2, 0.4, 0.8),
    "dropout": (0.2, 0.35, 0.5, 0.65, 0.8),
    "n_latent": (32, 64, 100, 200),
}


class MultVae(HistoryRecommender[Parameters]):
    """score(u, j) = w_j . tanh(D mu_u + d) + b_j, mu_u = M tanh(E x_u + e) + m, x_u the history at length 1.

    The paper's multinomial likelihood (section 2.1): the softmax of a customer's scores over the products is the chance
    that j is next, so a score is its logarithm up to a constant of the customer. It may be negative.
    State: one layer per matrix (in x out) and vector; zeros for products without interactions, which are in no list.
    """

    def __init__(self, config: MultVaeConfig | None = None) -> None:
        self.config = config or MultVaeConfig()

    def memory_bytes(self, size: Size) -> int:
        """Six copies of the layers (values, gradients, two moments, the best so far, the state), four of a batch's
        scores, and two of the entries.
        """
        c = self.config
        layers = 2 * size.n_products * (c.n_hidden + 1) + 4 * c.n_hidden * c.n_latent
        return 6 * 4 * layers + 4 * 4 * c.batch_customers * size.n_products + 2 * 8 * size.n_entries

    def restore(self, interactions: Interactions, state: Parameters) -> Self:
        """As for every recommender; here the outer layers must have a row or a number for each product."""
        self._forget()
        n_products, arrays = interactions.size.n_products, state.arrays
        if len(arrays["encoder"]) != n_products or arrays["decoder"].shape[1] != n_products:
            raise ValueError(f"layers of {len(arrays['encoder'])} products for {n_products}")
        return super().restore(interactions, state)

    def _fit(self, interactions: Interactions, rng: np.random.Generator) -> Parameters:
        from shop_pipeline.models.recommenders.mult_vae_training import train  # needs torch, an optional extra

        bought = np.bincount(interactions.matrix.indices, minlength=interactions.size.n_products) > 0
        learned = train(self._inputs(interactions.matrix)[:, bought], self.config, rng)
        encoder = np.zeros((len(bought), self.config.n_hidden), np.float32)
        decoder = np.zeros((self.config.n_hidden, len(bought)), np.float32)
        bias = np.zeros(len(bought), np.float32)
        encoder[bought], decoder[:, bought], bias[bought] = (
            learned[name] for name in ("encoder", "decoder", "decoder_bias")
        )
        return Parameters(learned | {"encoder": encoder, "decoder": decoder, "decoder_bias": bias})

    def _recommend_from(self, histories: Interactions, rows: AnyArray, n: int, exclude_seen: bool) -> TopN:
        found = TopN.empty(len(rows), n)
        arrays = self.state.arrays
        products = np.column_stack((arrays["decoder"].T, arrays["decoder_bias"]))
        for begin in range(0, len(rows), _LISTS_PER_BLOCK):
            block = slice(begin, begin + _LISTS_PER_BLOCK)
            own = histories.matrix[rows[block]]
            seen = own if exclude_seen else None
            lists = top_n_from_factors(self._last_hidden(own), products, np.arange(own.shape[0]), n, seen=seen)
            found.products[block], found.scores[block] = lists.products, lists.scores
        return found

    def _inputs(self, matrix: SparseMatrix) -> SparseMatrix:
        """The histories as the network reads them: weights to the power, each row at length 1."""
        data: Any = matrix.data ** np.float32(self.config.weight_power)
        counts = np.diff(matrix.indptr)
        rows = np.repeat(np.arange(len(counts)), counts)
        lengths = np.sqrt(np.bincount(rows, weights=data.astype(np.float64) ** 2, minlength=len(counts)))
        data /= lengths.astype(np.float32)[rows]
        return sp.csr_matrix((data, matrix.indices, matrix.indptr), shape=matrix.shape, copy=False)

    def _last_hidden(self, histories: SparseMatrix) -> FloatArray:
        """What the last layer reads of each history, and a 1 for its bias; 0 without a history."""
        a = self.state.arrays
        hidden = np.tanh(self._inputs(histories) @ a["encoder"] + a["encoder_bias"])
        mean = hidden @ a["mean"] + a["mean_bias"]
        last = np.tanh(mean @ a["latent"] + a["latent_bias"])
        whole = np.column_stack((last, np.ones(len(last), np.float32)))
        whole[np.diff(histories.indptr) == 0] = 0
        return whole
