"""The names of the array types that travel between the modules of this package.

Belongs here: type aliases, nothing that runs. Shapes and units stand in the docstring of whatever takes or
returns one.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

FloatArray: TypeAlias = npt.NDArray[np.float32]
DoubleArray: TypeAlias = npt.NDArray[np.float64]
IntArray: TypeAlias = npt.NDArray[np.int32]
BoolArray: TypeAlias = npt.NDArray[np.bool_]
IdArray: TypeAlias = npt.NDArray[np.object_]
AnyArray: TypeAlias = npt.NDArray[Any]
# What a kernel takes as one number: Python's own, or an element of an array.
Integer: TypeAlias = "int | np.integer[Any]"
Real: TypeAlias = "float | np.floating[Any]"
SparseMatrix: TypeAlias = "sp.csr_matrix[Any]"
