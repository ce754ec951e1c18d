"""A second device on a machine that has one: it computes on the CPU and refuses what a GPU refuses.

>>> with elsewhere():
...     x = torch.ones(3, device="lazy")
...     x + torch.ones(3)
Traceback (most recent call last):
RuntimeError: aten.add.Tensor: expected all tensors on one device, got cpu, lazy

Its tensors call themselves ``lazy``, a type of device that torch knows and has nothing for. Values,
gradients and random numbers are the CPU's, so what a notebook asserts holds as it does there. As on
a GPU, `copy_` and indices may come from the CPU, and a tensor of one number from anywhere.
"""

from contextlib import contextmanager

import torch
from torch.overrides import TorchFunctionMode
from torch.serialization import register_package
from torch.utils._python_dispatch import TorchDispatchMode, return_and_correct_aliasing
from torch.utils._pytree import tree_flatten, tree_leaves, tree_map_only, tree_unflatten

DEVICE = torch.device("lazy")
ACROSS = {"aten.copy_.default", "aten.index.Tensor", "aten.index_put.default",
          "aten.index_put_.default", "aten._index_put_impl_.default"}  # fmt: skip
# Run in one step: a recurrent stack frame by frame would take minutes, and a group norm asks torch
# which device it is on before it chooses how to add up.
WHOLE = {"lstm", "gru", "rnn_tanh", "group_norm"}


class There(torch.Tensor):
    """A tensor that says it lies on the other device; `here` holds its numbers."""

    __torch_function__ = torch._C._disabled_torch_function_impl

    @staticmethod
    def __new__(cls, here):
        return torch.Tensor._make_wrapper_subclass(
            cls, here.shape, here.stride(), here.storage_offset(), dtype=here.dtype, device=DEVICE
        )

    def __init__(self, here):
        self.here = here.detach().resolve_conj().resolve_neg()  # the wrapper would not know of them

    def __repr__(self):
        return repr(self.here)

    def __format__(self, spec):
        return format(self.here, spec)

    def __reduce_ex__(self, protocol):
        return self.here.__reduce_ex__(protocol)

    def tolist(self):
        return self.here.tolist()

    @classmethod
    def __torch_dispatch__(cls, operation, types, args=(), kwargs=None):
        return compute(operation, args, kwargs or {})


def here(tree):
    return tree_map_only(There, lambda x: x.here, tree)


def there(tree):
    return tree_map_only(torch.Tensor, lambda x: x if isinstance(x, There) else There(x), tree)


def lie_there(operation, tree):
    """Whether the tensors of an operation lie on the other device; all must on one."""
    tensors = [x for x in tree_leaves(tree) if isinstance(x, torch.Tensor)]
    if str(operation) in ACROSS:
        return isinstance(tensors[0], There)
    devices = sorted({str(x.device) for x in tensors if x.ndim})
    if len(devices) > 1:
        devices = ", ".join(devices)
        raise RuntimeError(f"{operation}: expected all tensors on one device, got {devices}")
    return any(isinstance(x, There) for x in tensors)


def compute(operation, args, kwargs):
    """Run an operation of torch on the CPU, and put what it returns where it belongs."""
    away = lie_there(operation, (args, kwargs))
    if kwargs.get("device") is not None:
        away = torch.device(kwargs["device"]).type == DEVICE.type
        kwargs = {**kwargs, "device": torch.device("cpu") if away else kwargs["device"]}
    result = operation(*here(args), **here(kwargs))
    if not away:
        return result
    return return_and_correct_aliasing(operation, args, kwargs, there(result))


class Operations(TorchDispatchMode):
    def __torch_dispatch__(self, operation, types, args=(), kwargs=None):
        return compute(operation, args, kwargs or {})


class Whole(torch.autograd.Function):
    """A function in one step, with the gradient that torch has for it on the CPU."""

    @staticmethod
    def forward(context, function, layout, *leaves):
        context.leaves = [x.here.detach().requires_grad_(x.requires_grad)
                          if isinstance(x, There) else x for x in leaves]  # fmt: skip
        args, kwargs = tree_unflatten(context.leaves, layout)
        with torch.enable_grad():
            results = function(*args, **kwargs)
        context.results = tree_leaves(results)
        return there(results)

    @staticmethod
    def backward(context, *gradients):
        learn = [isinstance(x, torch.Tensor) and x.requires_grad for x in context.leaves]
        wanted = [x for x, learns in zip(context.leaves, learn, strict=True) if learns]
        found = iter(torch.autograd.grad(context.results, wanted, here(gradients), True))
        return None, None, *(There(next(found)) if learns else None for learns in learn)


class Functions(TorchFunctionMode):
    def __torch_function__(self, function, types, args=(), kwargs=None):
        given = args, kwargs or {}
        whole = getattr(function, "__name__", None) in WHOLE
        if whole and lie_there(function, given):
            if not torch.is_grad_enabled():  # without gradients, torch may take another way
                args, kwargs = here(given)
                return there(function(*args, **kwargs))
            leaves, layout = tree_flatten(given)
            return Whole.apply(function, layout, *leaves)
        if function == torch.Tensor.data.__set__ and lie_there(function, given):
            args[0].here.data = args[1].here
        return function(*args, **given[1])


@contextmanager
def elsewhere():
    """Within it, ``device="lazy"`` makes tensors of the other device."""
    lifts, overwrites = torch._C._only_lift_cpu_tensors(), torch.__future__
    overwritten = overwrites.get_overwrite_module_params_on_conversion()
    torch._C._set_only_lift_cpu_tensors(True)  # torch.tensor(…, device=…): made here, then moved
    overwrites.set_overwrite_module_params_on_conversion(True)  # module.to(…): new weights
    try:
        with Operations(), Functions():
            yield DEVICE
    finally:
        torch._C._set_only_lift_cpu_tensors(lifts)
        overwrites.set_overwrite_module_params_on_conversion(overwritten)


def restore(storage, place):
    """Weights that a file has for this device go to the CPU; `load_state_dict` fetches them."""
    return storage if place == str(DEVICE) else None


register_package(0, lambda storage: None, restore)
