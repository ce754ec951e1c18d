"""The networks that the book ships: ``model, notes = load_pretrained("vocals")``.

``python -m common.train`` trained each by the file of its name in common/configs;
``python -m common.pretrained`` packed it.
"""

from common.pretrained.files import (
    MODELS,
    load_model,
    load_pretrained,
    pretrained_names,
    validations,
)

__all__ = ["MODELS", "load_model", "load_pretrained", "pretrained_names", "validations"]
