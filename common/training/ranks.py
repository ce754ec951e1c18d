"""Several processes that train one network, each on a GPU of its own: they are called ranks.

``torchrun`` starts them, on one machine or on several; pytorch-ignite joins them. Alone, each of
these functions does what one process needs: nothing.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import ignite.distributed as idist
import torch
from torch import Tensor, nn

PATIENCE = timedelta(hours=2)  # while the first rank reads songs and validates, the others wait


@contextmanager
def together() -> Iterator[None]:
    """Join the processes that torchrun started; without it, stay alone."""
    if "TORCHELASTIC_RUN_ID" not in os.environ:
        yield
        return
    idist.initialize("nccl" if torch.cuda.is_available() else "gloo", timeout=PATIENCE)
    yield
    idist.finalize()  # not after an error: it would wait for ranks that wait for this one


def is_first() -> bool:
    """Whether this is the one process that validates and writes."""
    return idist.get_rank() == 0


def own_share(batch: int) -> int:
    """How many of a batch's examples are this process's.

    Raises
    ------
    ValueError
        If the batch cannot be split evenly.
    """
    ranks = idist.get_world_size()
    if batch % ranks:
        raise ValueError(
            f"batch: expected a multiple of {ranks}, the number of processes, got {batch}; "
            f"each takes as many of its examples"
        )
    return batch // ranks


def mean(value: float) -> float:
    """The mean of a number over all ranks, the same in each."""
    return idist.all_reduce(float(value)) / idist.get_world_size()


def average(tensors: Iterable[Tensor]) -> None:
    """Replace tensors by their means over all ranks."""
    tensors = list(tensors)
    if idist.get_world_size() == 1 or not tensors:
        return
    flat = torch.cat([tensor.flatten() for tensor in tensors])
    flat = idist.all_reduce(flat) / idist.get_world_size()
    sizes = [tensor.numel() for tensor in tensors]
    for tensor, new in zip(tensors, flat.split(sizes), strict=True):
        tensor.copy_(new.view_as(tensor))


def average_gradients(model: nn.Module) -> None:
    """Make the gradients those of the whole batch: each rank has the mean over its share."""
    parameters = [parameter for parameter in model.parameters() if parameter.requires_grad]
    if idist.get_world_size() > 1:
        for parameter in parameters:  # a weight that this rank's examples did not touch
            if parameter.grad is None:
                parameter.grad = torch.zeros_like(parameter)
        average(parameter.grad for parameter in parameters)


def average_statistics(model: nn.Module) -> None:
    """Make what batch norms remember the same in every rank."""
    average(buffer for buffer in model.buffers() if buffer.is_floating_point())


def share_statistics(model: nn.Module) -> nn.Module:
    """Let batch norms see the whole batch, where torch can: on GPUs."""
    if idist.get_world_size() > 1 and idist.device().type == "cuda":
        return nn.SyncBatchNorm.convert_sync_batchnorm(model)
    return model


def from_first(make: Callable[[], Any]) -> Any:
    """What `make` returns in the first process, numbers and strings, in every process."""
    if idist.get_world_size() == 1:
        return make()
    return json.loads(idist.broadcast(json.dumps(make()) if is_first() else ""))


def bytes_from_first(make: Callable[[], bytes]) -> bytes:
    """What `make` returns in the first process, in every process."""
    if idist.get_world_size() == 1:
        return make()
    data = torch.frombuffer(bytearray(make()), dtype=torch.uint8) if is_first() else None
    return idist.broadcast(data, safe_mode=True).cpu().numpy().tobytes()


def check_same(value: Any, name: str) -> None:
    """Raise ValueError unless a value, numbers and strings, is the first process's too."""
    if from_first(lambda: repr(value)) != repr(value):
        raise ValueError(
            f"{name}: expected that of the first process, got another in process "
            f"{idist.get_rank()}; copy the first machine's file to all others"
        )


def once_a_machine(make: Callable[[], Any]) -> Any:
    """Call `make` in every process, the first of each machine before the others."""
    if idist.get_local_rank() > 0:
        idist.barrier()
        return make()
    made = make()
    idist.barrier()
    return made
