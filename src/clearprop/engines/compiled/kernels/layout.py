"""Layout of the argument block of compiled code: written by `plan`, read by kernels.

A job is an array of int64: sizes, and addresses of arrays, whose owner `plan` keeps alive. Each layer l is a row of
another. An address of 0 means that there is no such array or unit.
"""

from __future__ import annotations

from enum import IntEnum


class Task(IntEnum):
    """What one call does."""

    STEPS = 0  # updates
    GRADIENT = 1  # loss and gradient, no update
    LOSS = 2
    OUTPUTS = 3


class J(IntEnum):
    """Positions in a job."""

    TASK = 0
    DEPTH = 1  # L
    INPUTS = 2  # n₀
    OUTPUTS = 3  # n_L
    PARAMETERS = 4
    ITEMSIZE = 5
    X = 6
    Y = 7
    WEIGHT = 8
    SAMPLES = 9
    ORDER = 10  # from here to UPDATE_NUMBERS: what is new in each call
    BATCH = 11
    CURSOR = 12
    STEPS = 13
    STEP = 14  # number of the first update, from 0
    UPDATE_NUMBERS = 15  # address of uniforms [step, kind of span, uniform]
    THETA = 16
    N_MEMORY = 17
    MEMORY = 18  # five addresses, to 22
    CHUNK = 23  # rows that buffers have room for
    BLOCK = 24  # rows whose losses are summed together
    SHARDS = 25  # 0: threads share out the outputs of each product
    SHARD_GRADIENTS = 26
    THREAD_STRIDE = 27  # numbers from one thread's buffers to the next's
    SHARE = 28  # offsets of buffers, in numbers
    TARGET = 29
    LOSS_PARTS = 30  # addresses of float64
    NORM_PARTS = 31
    PENALTY_PARTS = 32
    PANELS = 33  # address of room for a panel and a few numbers, one for each thread
    PANEL_STRIDE = 34
    BUFFERS = 35  # address of z, a, δ, …
    ZEROS = 36  # address of as many zeros as the widest layer has neurons
    PIECES = 37  # address of the table of pieces of θ
    CODES = 38  # address of the class of each row, int64, in place of Y
    SPANS = 39  # address of the table of spans of θ with the same factors: start, stop, kind
    N_SPANS = 40
    UPDATE = 41  # addresses of units
    GRADIENT = 42
    N_UPDATE_NUMBERS = 43
    N_KINDS = 44
    SMOOTHING = 45
    SMOOTHING_NUMBERS = 46  # offset of uniforms in the constants
    LOSS = 47
    LOSS_NUMBERS = 48
    LOSS_SLOPE = 49  # δᴸ itself, or ∂C/∂a with the activation's pullback to follow
    LOSS_SLOPE_NUMBERS = 50
    PULLS_BACK = 51
    CLIP = 52
    CLIP_NUMBERS = 53
    N_PENALTIES = 54
    PENALTY = 55  # for each of two: unit of the value, its uniforms, unit of the slope, its uniforms, place of `factor`
    CONSTANTS = 65  # address of the uniforms that do not change
    SEED = 67
    THREADS = 68
    SYNC = 69  # address of how many shards are taken; a cache line on: see `barrier`
    YIELD = 70  # address of the operating system's yield
    OUT = 71  # where outputs go
    RESULT = 72  # address of float64: see `Result`
    TOTAL = 73  # address of float64: the weight of all rows, for a gradient or a loss
    DECAYS = 74  # address of float64: the decay factor of W[1], b[1], W[2], …
    TILES = 75  # address of the table of microkernels
    PRODUCT = 76  # addresses of the parts that are compiled by themselves
    TIMES_TRANSPOSED = 77
    TRAIN_ROWS = 78
    FORWARD_ROWS = 79
    GRADIENT_OF_LAYER = 80
    FINISH_PIECE = 81
    SPLIT = 82  # the input at which the sums of the first layer are cut in two (0: they are not)
    SECOND_PART = 83  # offset of the buffer of the second part of z
    FIRST_LAYER = 84  # address of a part
    CLOCK = 85  # address of the operating system's clock_gettime, and which of its clocks is steady
    CLOCK_ID = 86
    GATHERED_STRIDE = 87  # numbers from one row of x in the buffers to the next
    MEETINGS = 88  # address of how many meetings each thread has come to, `MEETINGS_APART` bytes from one to the next
    LENGTH = 89


class Y(IntEnum):
    """Positions in the row of a layer."""

    INPUTS = 0
    OUTPUTS = 1
    W = 2  # offset in θ
    B = 3
    Z = 4  # offsets of buffers; Z equals A where nothing but σ needs z
    A = 5
    DELTA = 6
    PASSED = 7  # what is passed on to the next layer; equals A without dropout
    MASK = 8
    FORWARD = 9  # addresses of units, and the offsets of their uniforms
    FORWARD_NUMBERS = 10
    BACKWARD = 11
    BACKWARD_NUMBERS = 12
    DROP_BELOW = 13  # of the layer before: hashes below this are dropped (0: none)
    FIRST_PIECE = 14
    N_PIECES = 15  # of W; the bias is the piece after them
    STRIDE = 16  # numbers from one row of z, a or δ to the next
    LENGTH = 17


# Positions in the row of a piece of θ: some rows of a W, or a b. (Numba indexes pointers by plain integers only.)
PIECE_START, PIECE_STOP, PIECE_KIND, PIECE_FIRST_ROW, PIECE_STOP_ROW, PIECE_LENGTH = range(6)

# Positions in the result. STATUS is 1 if a loss or gradient is not finite; from NORMS on there are L.
STATUS, STEPS_DONE, LOSS_SUM, WEIGHT_SUM, COST, NORMS = range(6)

CACHE_LINE = 64  # bytes
MEETINGS_APART = 2 * CACHE_LINE  # processors fetch lines in pairs
DEPTH_AT_ONCE = 1024  # of one panel of a product: 128 kB in float32, half of a small second-level cache
FAR_APART = 2048  # bytes between the rows of b from which its panels are copied together
