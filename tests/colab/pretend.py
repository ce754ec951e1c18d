"""What the book looks for of google.colab, where there is none."""

import sys
import types


def pretend():
    """Put a google.colab among the modules; return the list that grows when it is asked."""
    asked = []
    colab, output = types.ModuleType("google.colab"), types.ModuleType("google.colab.output")
    output.enable_custom_widget_manager = lambda *a, **k: asked.append(True)
    output._widgets = types.SimpleNamespace(_installed_url="https://widgets.example/manager.js")
    colab.output = output
    try:
        import google  # protobuf's, where it is installed
    except ImportError:
        google = types.ModuleType("google")
    google.colab = colab
    sys.modules.update({"google": google, "google.colab": colab, "google.colab.output": output})
    return asked
