"""From files and frames to matrices: reading, encoding columns, targets, and the split into training and test rows.

Start with `steps`, what a column can become; `fitting` decides which, from the training rows alone; `encoder` is the
frozen result.
"""

from clearprop.tables.class_target import ClassTarget, fit_class_target
from clearprop.tables.csv_form import NUMBERED
from clearprop.tables.encoder import Encoded, Encoder
from clearprop.tables.fitting import Fitted, alike, fit_encoder
from clearprop.tables.frames import from_frame
from clearprop.tables.images import ImageFormat
from clearprop.tables.naming import missing_column, missing_file
from clearprop.tables.number_target import NumberTarget, fit_number_target, target_numbers
from clearprop.tables.options import ReadOptions
from clearprop.tables.reading import Reading, read
from clearprop.tables.several import NumberTargets, Target, target_from_json
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
    "Encoded",
    "Encoder",
    "Fitted",
    "Fold",
    "ImageFormat",
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
