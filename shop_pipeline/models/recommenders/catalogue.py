"""The one list of recommenders: what there is, what each needs, and how it is made from plain settings.

Belongs here: one entry per model. Does not belong here: settings, their defaults and their spaces (each model's own
module has `XConfig` and `SPACE`), the search among them (`evaluation.tuning`).

A module is imported when its model is first asked for: reading the list must not cost the import of all of them.
"""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, cast

from shop_pipeline.models.evaluation.trials import Candidate, Setting, Settings
from shop_pipeline.models.recommenders.recommender import Recommender

if TYPE_CHECKING:
    from shop_pipeline.models.recommenders.groups import CustomerGroups, ProductGroups
    from shop_pipeline.models.similarity.content import ProductFeatures

Need: TypeAlias = Literal["times", "customer_groups", "product_groups", "product_features", "torch"]
Family: TypeAlias = Literal["popular", "neighbours", "content", "factors", "linear", "sequence", "deep"]


@dataclass(frozen=True, slots=True)
class SideInformation:
    """What a shop knows beside weights; None or False where it does not."""

    has_times: bool = False
    customer_groups: CustomerGroups | None = None
    product_groups: ProductGroups | None = None
    product_features: ProductFeatures | None = None

    def meets(self, need: Need) -> bool:
        """Whether a model with this need can be made and fitted."""
        if need == "times":
            return self.has_times
        if need == "torch":
            return importlib.util.find_spec("torch") is not None
        return getattr(self, need) is not None


@dataclass(frozen=True, slots=True)
class Entry:
    """One model of the catalogue.

    Args:
        path: module in this folder and class; beside the class stand its configuration and `SPACE`.
        needs: without which it can't be fitted.
        handed: arguments of the class and the side information that each gets.
        fixed: settings that make this model of a class with several faces.
        searched: the settings that a search varies, None for all of `SPACE`.
        config: class of the configuration, where it is not that of the model with `Config` behind.
    """

    name: str
    family: Family
    doc: str
    path: str
    needs: tuple[Need, ...] = ()
    handed: Mapping[str, Need] = field(default_factory=dict)
    fixed: Settings = field(default_factory=dict)
    searched: tuple[str, ...] | None = None
    config: str = ""

    def defaults(self) -> Settings:
        """All settings, as the search starts with them."""
        return cast(Settings, asdict(self._config_class()(**self.fixed)))

    def space(self) -> dict[str, tuple[Setting, ...]]:
        """The values that a search tries, for each setting that it varies."""
        every: dict[str, tuple[Setting, ...]] = self._module().SPACE
        return {name: values for name, values in every.items() if self._is_searched(name)}

    def make(self, settings: Mapping[str, Setting], side: SideInformation) -> Recommender[Any]:
        """The untrained model; settings that are not named have their defaults.

        Raises:
            ValueError: for a setting that the model has not, one that it has fixed, a value of another type, or a need
                that is not met.
        """
        missing = [need for need in self.needs if not side.meets(need)]
        if missing:
            raise ValueError(f"{self.name} needs {', '.join(missing)}")
        defaults = self.defaults()
        for name, value in settings.items():
            self._check(name, value, defaults)
        handed = {argument: getattr(side, need) for argument, need in self.handed.items()}
        model_class = getattr(self._module(), self.path.split(":")[1])
        made: Recommender[Any] = model_class(**handed, config=self._config_class()(**defaults | dict(settings)))
        return made

    def _check(self, name: str, value: Setting, defaults: Settings) -> None:
        if name not in defaults:
            raise ValueError(f"{self.name} has no setting {name!r}; it has {', '.join(defaults)}")
        if name in self.fixed and value != self.fixed[name]:
            raise ValueError(f"{self.name}: {name} is {self.fixed[name]!r} and can't be {value!r}")
        wanted = type(defaults[name])
        if type(value) is not wanted and (type(value), wanted) != (int, float):
            raise ValueError(f"{self.name}: {name} is {value!r}, expected {wanted.__name__}")

    def _is_searched(self, name: str) -> bool:
        return name not in self.fixed and (self.searched is None or name in self.searched)

    def _module(self) -> Any:
        return importlib.import_module(f"shop_pipeline.models.recommenders.{self.path.split(':')[0]}")

    def _config_class(self) -> Any:
        return getattr(self._module(), self.config or f"{self.path.split(':')[1]}Config")


_ENTRIES = (
    # The rival of all others has nothing to be searched: what they have to beat must not move.
    Entry(
        "popularity", "popular", "what most customers have", "popularity:Popularity",
        fixed={"measure": "customers"}, searched=(),
    ),
    Entry(
        "popularity_trending", "popular", "what most customers had lately", "popularity:Popularity",
        needs=("times",), fixed={"measure": "trending"},
    ),
    Entry(
        "popularity_by_category", "popular", "best sellers of the customer's main category",
        "popularity_in_category:PopularityInCategory", needs=("product_groups",), handed={"groups": "product_groups"},
        fixed={"measure": "customers"}, searched=(), config="PopularityConfig",
    ),
    Entry(
        "popularity_by_country", "popular", "best sellers of the customer's country, blended with all",
        "popularity_in_groups:PopularityInGroups", needs=("customer_groups",), handed={"groups": "customer_groups"},
        fixed={"measure": "customers"}, searched=("prior",),
    ),
    Entry("item_neighbours", "neighbours", "products near the own ones", "item_neighbours:ItemNeighbours"),
    Entry("user_neighbours", "neighbours", "what customers alike have", "user_neighbours:UserNeighbours"),
    Entry(
        "content_based", "content", "products described like the own ones", "content_based:ContentBased",
        needs=("product_features",), handed={"features": "product_features"},
    ),
    Entry("als", "factors", "factors by alternating least squares", "als:Als"),
    Entry("pure_svd", "factors", "factors by truncated singular value decomposition", "pure_svd:PureSvd"),
    Entry("nmf", "factors", "factors without negative numbers", "nmf:Nmf"),
    Entry("ease", "linear", "each product regressed on all others", "ease:Ease"),
    Entry("sparse_ease", "linear", "each product regressed on its nearest", "sparse_ease:SparseEase"),
    Entry("graph_filter", "linear", "smoothing on the graph of customers and products", "graph_filter:GraphFilter"),
    Entry("rp3beta", "linear", "random walks of three steps from the customer", "rp3beta:Rp3Beta"),
    Entry(
        "transitions", "sequence", "what follows on the customer's last products", "transitions:Transitions",
        needs=("times",),
    ),
    Entry(
        "session_neighbours", "sequence", "what customers with such a last stretch took next",
        "session_neighbours:SessionNeighbours", needs=("times",),
    ),
    Entry(
        "mult_vae", "deep", "a variational autoencoder of histories", "mult_vae:MultVae", needs=("torch",),
    ),
)  # fmt: skip
CATALOGUE: Mapping[str, Entry] = {entry.name: entry for entry in _ENTRIES}


def entry_of(name: str) -> Entry:
    """The entry of a model. Raises ValueError for one that is not in the catalogue."""
    if name not in CATALOGUE:
        raise ValueError(f"there is no model {name!r}; there are {', '.join(CATALOGUE)}")
    return CATALOGUE[name]


def available(side: SideInformation) -> tuple[str, ...]:
    """The models whose needs are met, in the order of the catalogue."""
    return tuple(name for name, entry in CATALOGUE.items() if all(side.meets(need) for need in entry.needs))


def make(name: str, settings: Mapping[str, Setting], side: SideInformation | None = None) -> Recommender[Any]:
    """The untrained model of this name with these settings; as `Entry.make`."""
    return entry_of(name).make(settings, side or SideInformation())


def settings_of(model: Any) -> Settings:
    """All settings of a model: plain numbers, strings and truth values, which JSON keeps as they are."""
    return {one.name: getattr(model.config, one.name) for one in fields(model.config)}


def candidates(
    names: Iterable[str], side: SideInformation, given: Mapping[str, Mapping[str, Setting]] | None = None
) -> dict[str, Candidate]:
    """What a search for settings is told about these models.

    Args:
        given: settings by model that are not the search's business, such as a bound on memory.
    """
    found = {}
    for name in names:
        entry, own = entry_of(name), dict((given or {}).get(name, {}))
        space = {setting: values for setting, values in entry.space().items() if setting not in own}
        found[name] = Candidate(partial(entry.make, side=side), space, entry.defaults() | own)
    return found
