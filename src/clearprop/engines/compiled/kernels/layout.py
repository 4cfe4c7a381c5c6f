"""Layout of the argument block of compiled code: what the host tells kernels about a job, and what they answer.

A table of names, kinds and meanings; everything else comes from it: positions and the attributes of the host
(`blocks`), how kernels read and write (`records`), and the types of their arguments (`calling`). Offsets count numbers.
"""

from __future__ import annotations

from enum import IntEnum

from clearprop.engines.compiled.kernels.blocks import (
    Block,
    function,
    inside,
    laid_out,
    numbers,
    real,
    reals,
    shared,
    table,
    whole,
    wholes,
)

MOST_MEMORY = 4  # vectors of an update rule, beside θ and the gradient
MOST_PENALTIES = 2  # l2 and l1
PENALTY_UNIFORMS = 4  # more than any penalty has
FORMULA_ARRAYS = 6  # how many arrays the kernel of a formula can take
SCRATCH = 64  # numbers that a thread has to itself behind its panels
CACHE_LINE = 64  # bytes
APART = 2 * CACHE_LINE  # from what one thread writes to what the next one does: processors fetch lines in pairs
DEPTH_AT_ONCE = 1024  # of one panel of a product: 128 kB in float32, half of a small second-level cache
FAR_APART = 2048  # bytes between the rows of b from which its panels are copied together


class Task(IntEnum):
    """What one call does."""

    STEPS = 0  # updates
    GRADIENT = 1  # loss and gradient, no update
    LOSS = 2
    OUTPUTS = 3


@laid_out
class Layer(Block):
    """A layer: its sizes, where its numbers are, and the kernels of its formulas."""

    inputs = whole("neurons of the layer before")
    outputs = whole("its own neurons")
    weights = whole("offset of W in θ")
    bias = whole("offset of b in θ")
    stride = whole("numbers from one row of z, a or δ to the next")
    z = whole("offset of z in a thread's buffers; that of a where nothing but the activation needs z")
    a = whole("offset of a")
    delta = whole("offset of δ")
    mask = whole("offset of the dropout mask of the layer before")
    passed = whole("offset of what the layer before passes on after dropout")
    drop_below = whole("dropout of the layer before: hashes below this are dropped; 0: none are")
    forward = function("a = σ(z); none for the identity")
    forward_uniforms = whole("offset of its uniforms in the constants")
    backward = function("from ∂C/∂a to ∂C/∂z")
    backward_uniforms = whole("offset of its uniforms")
    first_piece = whole("of W, in the table of pieces")
    n_pieces = whole("of W; the bias is the piece after them")
    waves = whole("of an embedding of numbers, of each column: W and b are frequencies and phases; 0: it is dense")
    columns = wholes("of an embedding: the inputs that it embeds")
    n_columns = whole("how many these are")


@laid_out
class Piece(Block):
    """A piece of θ: some rows of a W, or a b. Its gradient and its update belong to one thread."""

    start = whole("offset in θ")
    stop = whole("offset of its end")
    kind = whole("which factors on rate and decay it has")
    first_row = whole("of W")
    stop_row = whole("of W")


@laid_out
class Span(Block):
    """A stretch of θ with the same factors on rate and decay."""

    start = whole("offset in θ")
    stop = whole("offset of its end")
    kind = whole("which factors")


@laid_out
class Penalty(Block):
    """l2 or l1."""

    value = function("its sum over θ")
    value_uniforms = whole("offset of its uniforms in the constants")
    slope = function("adds factor · slope(θ) to a gradient")
    slope_uniforms = whole("offset of its uniforms")
    factor = whole("which of them is the factor")


@laid_out
class Result(Block):
    """What a call answers, beside the norms."""

    diverged = whole("1: a loss or a gradient is not finite")
    steps_done = whole("updates made")
    loss_sum = real("Σ of loss times weight over the updates of the epoch, those before this call included")
    weight_sum = real("Σ of their weights")
    cost = real("the loss with penalties: of a gradient or a loss, or the one that is not finite")


@laid_out
class Waits(Block):
    """How long the threads of a call have waited for each other."""

    nanoseconds = shared("of all threads together")
    returns_early = whole(
        "after so many updates threads come back, as they have only waited, so that one goes on; 0: not"
    )


@laid_out
class Job(Block):
    """The argument block: one call as kernels are told it."""

    task = whole("a `Task`")
    depth = whole("L")
    inputs = whole("n₀")
    outputs = whole("n_L")
    n_parameters = whole("numbers in θ")
    itemsize = whole("bytes of a number")
    layers = table(Layer, "one for each layer")

    # the rows
    x = numbers("X, (n_samples, n₀); of sparse rows what is not zero, one row's after the other's")
    columns = wholes("of sparse rows: the column of each number of x, rising within a row; none: x is dense")
    starts = wholes("of sparse rows: where each row's numbers begin in x, and where the last one's end")
    y = numbers("the targets, (n_samples, n_L)")
    classes = wholes("the class of each row, in place of targets")
    weight = numbers("the weight of each row")
    n_samples = whole("rows")
    total = real("the weight of all rows, for a gradient or a loss")
    outputs_to = numbers("where outputs go, (n_samples, n_L)")

    # θ and what is done with it
    theta = numbers("θ")
    gradient = numbers("∂C/∂θ")
    n_memory = whole("vectors that the update rule remembers")
    memory = numbers("these vectors", count=MOST_MEMORY)
    pieces = table(Piece, "θ cut into pieces")
    spans = table(Span, "θ cut into spans")
    n_spans = whole("spans")
    n_kinds = whole("different factors on rate and decay")
    decays = reals("the factor on penalties of W[1], b[1], W[2], …")

    # this call's updates
    order = wholes("the rows in the order of the epoch, then in that of the next, …; none: as they lie")
    batch_size = whole("rows of a batch")
    batches = whole("of an epoch")
    cursor = whole("number of the first batch in the epoch")
    steps = whole("updates to make; they may go on over the end of an epoch")
    step = whole("number of the first of them, from 0 when training began")
    update_uniforms = numbers("of the update rule, (steps, n_kinds, n_update_uniforms)")
    seed = whole("of dropout")

    # how a batch is partitioned
    chunk = whole("rows that buffers have room for")
    block = whole("rows whose losses are summed together")
    shards = whole("parts of a batch with a gradient of their own; 0: threads share out the outputs of products")
    shard_gradients = numbers("their gradients, one after the other")
    shard_stride = whole("numbers from one of them to the next, a whole number of cache lines")
    split = whole("the input at which the sums of the first layer are cut in two; 0: they are not")

    # room
    buffers = numbers("z, a, δ, … of a chunk, for one thread after the other")
    thread_stride = whole("numbers from one thread's buffers to the next one's; 0: they share them")
    gathered_stride = whole("numbers from one row of x in the buffers, which it begins, to the next")
    target = whole("offset of the targets of a chunk in the buffers")
    share = whole("offset of each row's share in the mean")
    second_part = whole("offset of the second part of z of a first layer that is cut in two")
    panels = numbers("room for panels, and `SCRATCH` behind it, for one thread after the other")
    panel_numbers = whole("room for panels of one thread")
    zeros = numbers("as many zeros as the widest layer has neurons")
    loss_parts = reals("the loss of each block of rows")
    blocks = whole("blocks that there is room for")
    norm_parts = reals("the squared norm of each piece of the gradient")
    penalty_parts = reals("the penalty of each piece of θ")

    # kernels of formulas, and the uniforms of those that do not change
    constants = numbers("uniforms, one formula's after the other's")
    loss = function("the sum of the loss over rows")
    loss_uniforms = whole("offset of its uniforms in the constants")
    output_error = function("δᴸ itself, or ∂C/∂a where the activation's pullback is to follow")
    output_error_uniforms = whole("offset of its uniforms")
    pulls_back = whole("1: the pullback is to follow")
    smoothing = function("label smoothing")
    smoothing_uniforms = whole("offset of its uniforms")
    n_penalties = whole("penalties")
    penalties = inside(Penalty, MOST_PENALTIES, "l2 and l1")
    clip = function("what a gradient is multiplied by, from its norm")
    clip_uniforms = whole("offset of its uniforms")
    update = function("the update rule")
    n_update_uniforms = whole("uniforms of an update")

    # kernels that depend on no formula
    microkernels = wholes("the table of their addresses")
    product = function("see `products`")
    times_transposed = function("see `products`")
    train_rows = function("see `forward_backward`")
    first_layer = function("see `forward_backward`")
    forward_rows = function("see `forward_backward`")
    gradient_of_layer = function("see `gradient`")
    finish_piece = function("see `gradient`")

    # threads
    n_threads = whole("of this call")
    owners = whole("threads that share out the pieces of θ; 1: each makes the whole update, in a θ of its own")
    first_owners = whole("threads that share out those of W[1]")
    turn = whole("which of two sets this update writes of what the other thread reads; 0 but for a θ of its own")
    exchange = numbers("both parts of the first layer's z in each of two sets, and Σx² behind each")
    exchange_stride = whole("numbers from one part to the next, a whole number of cache lines")
    arrivals = wholes("how many barriers each thread has come to, `APART` bytes from one thread's to the next")
    shards_taken = wholes("one number: how many shards threads have taken")
    waits = table(Waits, "how long they waited for each other")
    give_way = function("of the operating system: gives the core to another thread")
    clock = function("of the operating system: clock_gettime")
    clock_id = whole("which of its clocks is steady")

    # answers
    result = table(Result, "one")
    norms = reals("‖∂C/∂θ‖ of each layer")
    ended = reals("of each epoch that ends here: the two sums and the norms; none where at most one can")


class State(IntEnum):
    """What a helper thread does."""

    ASLEEP = 0
    WORKING = 1
    LOOKING = 2  # for more work
    GIVEN = 3  # work that it has not yet begun


@laid_out
class Mailbox(Block):
    """What a helper thread is told: shares of a job, and how long to look for more."""

    state = shared("a `State`")
    next_share = wholes("one number: the share that whoever comes next does")
    n_shares = whole("shares of this job")
    run = function("what to call with a share's number and the job")
    job = table(Job, "the job")
    clock = function("of the operating system: clock_gettime")
    clock_id = whole("which of its clocks is steady")
    patience = whole("nanoseconds that it looks for more work")
