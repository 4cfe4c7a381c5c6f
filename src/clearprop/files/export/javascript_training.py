"""One step of training as JavaScript, printed from its graph and under its names: forward, loss, backward, update."""

from __future__ import annotations

from functools import singledispatch
from textwrap import indent

from clearprop.errors import InputError
from clearprop.files.export.javascript_columns import SCRIPT, row_loop
from clearprop.files.export.program import Program
from clearprop.formulas import Adam, ConstantSchedule, Symbol, UpdateRule
from clearprop.formulas.expressions import symbols
from clearprop.formulas.patterns import with_values
from clearprop.formulas.printers.code import to_code
from clearprop.job import Job
from clearprop.trace.builder import elementwise
from clearprop.trace.equations import (
    CarriedBack,
    Elementwise,
    Equation,
    OuterProduct,
    Product,
    SumOverSamples,
    WeightedSum,
)
from clearprop.trace.graph import Graph, Size, Step
from clearprop.trace.jacobian import ErrorThroughJacobian, Jacobian
from clearprop.trace.penalties_and_weights import GradientNorm, Penalty
from clearprop.trace.step import graph_of
from clearprop.trace.totals import FirstOrder, MeanLoss, SecondPass, SumOverOutputs

ROWS = "n"  # how the graph calls the number of rows
NEVER = (Jacobian, FirstOrder, SecondPass)  # values that only a person asks for


def job_of(program: Program) -> Job:
    """What the printed step does: what training was asked for, at one rate, without dropout, every row alike."""
    if program.has_waves:
        raise InputError(
            "a file of JavaScript trains its network further, and does not do so with an embedding of numbers "
            "(NumberEmbedding): export to Python, C or ONNX, or train without waves"
        )
    job = program.job or Job(program.network)
    rule = job.update_rule if isinstance(job.update_rule, UpdateRule) else Adam()
    return Job(
        program.network, rule, l1=job.l1, l2=job.l2, clip_norm=job.clip_norm, label_smoothing=job.label_smoothing
    )


def left_out(program: Program) -> list[str]:
    """What of the training is not in the printed step, in words."""
    job = program.job or Job(program.network)
    asked = {
        "dropout": any(job.dropout),
        "class weights": job.class_weight is not None,
        "the schedule of the learning rate": job.schedule != ConstantSchedule(),
        "L-BFGS (it has Adam)": not isinstance(job.update_rule, UpdateRule),
    }
    return [what for what, is_asked in asked.items() if is_asked]


def step_text(program: Program) -> str:
    """The function that makes one step: it gives every value of the graph by its name."""
    graph = graph_of(Step(job_of(program), rows=ROWS))
    made = {name: node for name, node in graph.items() if not node.is_given and not isinstance(node.equation, NEVER)}
    lines = [f"// {node.stable.law}\n{statements(node.stable, name, graph)}" for name, node in made.items()]
    body = indent("\n".join([*lines, f"return {{ {', '.join(made)} }};"]), "  ")
    return f"export function step({{ {', '.join(graph.given)} }}, n) {{\n{body}\n}}"


@singledispatch
def statements(equation: Equation, name: str, graph: Graph) -> str:
    """Statements that compute a value of the graph and give it its name."""
    raise InputError(f"JavaScript does not train with {name}: {type(equation).__name__}")


@statements.register
def _(equation: WeightedSum, name: str, graph: Graph) -> str:
    n_in, n_out = graph[equation.W].shape
    return f"const {name} = weightedSum({equation.a}, {equation.W}, {equation.b}, n, {n_in}, {n_out});"


@statements.register
def _(equation: CarriedBack, name: str, graph: Graph) -> str:
    n_in, n_out = graph[equation.W].shape
    return f"const {name} = carriedBack({equation.delta}, {equation.W}, n, {n_in}, {n_out});"


@statements.register
def _(equation: OuterProduct, name: str, graph: Graph) -> str:
    n_in, n_out = graph[name].shape
    return f"const {name} = outerProduct({equation.a}, {equation.delta}, n, {n_in}, {n_out});"


@statements.register
def _(equation: SumOverSamples, name: str, graph: Graph) -> str:
    (n_out,) = graph[name].shape
    return f"const {name} = sumOverSamples({equation.delta}, n, {n_out});"


@statements.register
def _(equation: SumOverOutputs, name: str, graph: Graph) -> str:
    _, n_out = graph[equation.losses].shape
    return f"const {name} = sumOverOutputs({equation.losses}, n, {n_out});"


@statements.register
def _(equation: MeanLoss, name: str, graph: Graph) -> str:
    return f"const {name} = total({equation.losses}) / n;"


@statements.register
def _(equation: GradientNorm, name: str, graph: Graph) -> str:
    sums = " + ".join(f"total({gradient}.map((g) => g * g))" for gradient in equation.gradients)
    return f"const {name} = Math.sqrt({sums});"


@statements.register
def _(equation: Penalty, name: str, graph: Graph) -> str:
    parts = [_computed(each, f"{name}_{block}", graph[block].shape, graph) for block, each in equation.blocks.items()]
    sums = " + ".join(f"total({name}_{block})" for block in equation.blocks)
    return "\n".join([*parts, f"const {name} = {sums};"])


@statements.register
def _(equation: Product, name: str, graph: Graph) -> str:
    tree = Symbol("error") * Symbol("slope")
    sites = {"error": equation.error, "slope": equation.slope}
    return _computed(Elementwise(tree, sites), name, graph[name].shape, graph)


@statements.register
def _(equation: ErrorThroughJacobian, name: str, graph: Graph) -> str:
    jacobian = graph[equation.jacobian].equation
    assert isinstance(jacobian, Jacobian)
    sites = {"g": equation.error, "a": jacobian.a, "z": jacobian.z}
    return _computed(
        elementwise(jacobian.pullback, sites, equation.law, parameters=jacobian.parameters),
        name,
        graph[name].shape,
        graph,
    )


@statements.register
def _(equation: Elementwise, name: str, graph: Graph) -> str:
    return _computed(equation, name, graph[name].shape, graph)


def _computed(equation: Elementwise, name: str, shape: tuple[Size, ...], graph: Graph) -> str:
    """Statements for a formula that gives every number of a value, row by row where there are rows."""
    tree = with_values(equation.formula, equation.parameters)
    shapes = {symbol: graph[site].shape for symbol, site in equation.sites.items()}
    scalars = {symbol: equation.sites[symbol] for symbol, own in shapes.items() if own == ()}
    scalars |= {symbol: ROWS for symbol in symbols(tree) - shapes.keys() if symbol == ROWS}
    if shape == ():
        return f"const {name} = {to_code([tree], scalars, SCRIPT).result};"
    n_rows, width = (shape[0], shape[1]) if len(shape) == 2 else (1, shape[0])
    variables = {
        symbol: f"{equation.sites[symbol]}[{'i + j' if own == shape else 'r'}]" for symbol, own in shapes.items() if own
    }
    before, loop = row_loop(tree, variables, f"{name}[i + j]", str(width), scalars)
    size = f"{n_rows} * {width}" if n_rows != 1 else str(width)
    head = f"for (let r = 0, i = 0; r < {n_rows}; r++, i += {width}) {{"
    text = "\n".join([*before, head, indent(loop, "  "), "}"])
    made = f"const {name} = new Float64Array({size});"
    return f"{made}\n{{\n{indent(text, '  ')}\n}}" if before else f"{made}\n{text}"
