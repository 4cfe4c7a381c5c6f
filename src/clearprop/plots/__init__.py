"""Pictures of networks and of their training, as Display classes in scikit-learn's manner.

Each has `from_estimator`, which reads its numbers from a fitted model, and `plot`, which draws them on axes of your own
or on new ones; afterwards `ax_` and `figure_` are what was drawn on. All numbers are an engine's or a trace's. Lines
differ in their style and their markers, areas in hatches or in how light they are, so that a picture can be read in
grey; the colours of texts and grounds are those of matplotlib's current style, a dark one too.
"""

from clearprop.errors import require

require("pictures need", "plots")

from clearprop.plots.activation_histogram import ActivationHistogramDisplay  # noqa: E402
from clearprop.plots.attribution import AttributionDisplay  # noqa: E402
from clearprop.plots.calibration import CalibrationDisplay  # noqa: E402
from clearprop.plots.decision_surface import DecisionSurfaceDisplay  # noqa: E402
from clearprop.plots.gradient_flow import GradientFlowDisplay  # noqa: E402
from clearprop.plots.loss_curve import LossCurveDisplay  # noqa: E402
from clearprop.plots.network import NetworkDisplay  # noqa: E402
from clearprop.plots.weights import WeightsDisplay  # noqa: E402

__all__ = [
    "ActivationHistogramDisplay",
    "AttributionDisplay",
    "CalibrationDisplay",
    "DecisionSurfaceDisplay",
    "GradientFlowDisplay",
    "LossCurveDisplay",
    "NetworkDisplay",
    "WeightsDisplay",
]
