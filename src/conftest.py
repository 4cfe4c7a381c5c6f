"""Which files hold no examples that run here: a class of anywidget cannot be made without it."""

from importlib.util import find_spec

collect_ignore = [] if find_spec("anywidget") else ["clearprop/lab/widget.py"]
