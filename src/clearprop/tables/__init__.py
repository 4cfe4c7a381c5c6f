"""From files and frames to matrices: reading, encoding columns, targets, and the split into training and test rows.

Start with `steps`, what a column can become; `fitting` decides which, from the training rows alone; `encoder` is the
frozen result.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from clearprop.late import late_names

if TYPE_CHECKING:
    from clearprop.tables.class_target import ClassTarget, fit_class_target
    from clearprop.tables.csv_form import NUMBERED
    from clearprop.tables.encoder import Encoded, Encoder
    from clearprop.tables.fitting import Fitted, alike, fit_encoder
    from clearprop.tables.frames import from_frame
    from clearprop.tables.images import ImageFormat
    from clearprop.tables.naming import missing_column, missing_file
    from clearprop.tables.number_target import CountTarget, NumberTarget, fit_number_target, target_numbers
    from clearprop.tables.options import ReadOptions
    from clearprop.tables.reading import Reading, read
    from clearprop.tables.several import LabelTargets, NumberTargets, Target, target_from_json
    from clearprop.tables.splitting import Fold, Parts, folds, split
    from clearprop.tables.step import Remark, Step
    from clearprop.tables.steps import Category, Moment, Number, Truth
    from clearprop.tables.task import TASKS, TaskChoice, as_kind, decide_task, missing_rows
    from clearprop.tables.vector_step import Vector

__all__ = [
    "NUMBERED",
    "TASKS",
    "Category",
    "ClassTarget",
    "CountTarget",
    "Encoded",
    "Encoder",
    "Fitted",
    "Fold",
    "ImageFormat",
    "LabelTargets",
    "Moment",
    "Number",
    "NumberTarget",
    "NumberTargets",
    "Parts",
    "ReadOptions",
    "Reading",
    "Remark",
    "Step",
    "Target",
    "TaskChoice",
    "Truth",
    "Vector",
    "alike",
    "as_kind",
    "decide_task",
    "fit_class_target",
    "fit_encoder",
    "fit_number_target",
    "folds",
    "from_frame",
    "missing_column",
    "missing_file",
    "missing_rows",
    "read",
    "split",
    "target_from_json",
    "target_numbers",
]

__getattr__, __dir__ = late_names(
    __name__,
    {
        "class_target": ("ClassTarget", "fit_class_target"),
        "csv_form": ("NUMBERED",),
        "encoder": ("Encoded", "Encoder"),
        "fitting": ("Fitted", "alike", "fit_encoder"),
        "frames": ("from_frame",),
        "images": ("ImageFormat",),
        "naming": ("missing_column", "missing_file"),
        "number_target": ("CountTarget", "NumberTarget", "fit_number_target", "target_numbers"),
        "options": ("ReadOptions",),
        "reading": ("Reading", "read"),
        "several": ("LabelTargets", "NumberTargets", "Target", "target_from_json"),
        "splitting": ("Fold", "Parts", "folds", "split"),
        "step": ("Remark", "Step"),
        "steps": ("Category", "Moment", "Number", "Truth"),
        "task": ("TASKS", "TaskChoice", "as_kind", "decide_task", "missing_rows"),
        "vector_step": ("Vector",),
    },
    what="tables of columns need",
    extra="tables",
)
