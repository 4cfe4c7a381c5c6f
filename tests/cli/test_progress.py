import io
import time

from rich.console import Console

from clearprop.cli.progress import Pace, Waiting, plain_lines, progress, summary
from clearprop.training import Epoch


def epoch(n, seconds=None, **scores):
    return Epoch(n, 0.25, (1.0,), 0.1, float(n if seconds is None else seconds), n, scores or {"validation_rmse": 0.5})


def test_loss_score_and_time_left():
    assert summary(epoch(10), 40, 30.0) == "loss 0.25  validation rmse 0.5  30.0 s left"
    assert summary(epoch(1), 40, None) == "loss 0.25  validation rmse 0.5"
    assert summary(epoch(40), 40, 0.0) == "loss 0.25  validation rmse 0.5  40.0 s in all"
    scores = {"validation_loss": 0.3, "validation_accuracy": 0.875}
    assert summary(epoch(10, **scores), 40, 30.0) == "loss 0.25  validation accuracy 87.50 %  30.0 s left"
    assert "validation roc auc 75.00 %" in summary(epoch(10, **scores, validation_roc_auc=0.75), 40, 30.0)


def test_the_time_left_is_not_guessed_from_the_first_epoch():
    """In which an engine makes itself ready: 50 seconds, and one for each epoch after it."""
    pace = Pace(128, None)
    assert pace.left(epoch(1, 50.0)) is None
    assert pace.left(epoch(2, 51.0)) == 126.0
    assert pace.left(epoch(3, 52.0)) == 125.0


def test_the_time_left_follows_the_latest_epochs_and_the_time_limit():
    pace = Pace(200, None)
    for n in range(1, 61):
        left = pace.left(epoch(n, n if n < 31 else 30 + 2 * (n - 30)))  # the machine became half as fast
    assert left == 280.0
    limited = Pace(200, 12.0)
    assert limited.left(epoch(1, 10.0)) == 2.0
    assert limited.left(epoch(2, 11.5)) == 0.5


def test_plain_lines_are_few_and_name_the_first_and_the_last_epoch():
    out = Console(file=io.StringIO(), soft_wrap=True)
    show = plain_lines(200, None, out)
    for n in range(1, 201):
        show(epoch(n))
    lines = out.file.getvalue().splitlines()
    assert len(lines) == 21
    assert lines[0].startswith("epoch   1/200  loss")
    assert lines[-1].startswith("epoch 200/200  loss")


def test_no_bar_where_there_is_no_terminal():
    out = Console(file=io.StringIO(), force_terminal=False, soft_wrap=True)
    with progress(2, None, out) as show:
        show(epoch(1))
    assert out.file.getvalue().startswith("epoch 1/2")


def test_a_bar_on_a_terminal():
    out = Console(file=io.StringIO(), force_terminal=True, width=120)
    with progress(2, None, out) as show:
        show(epoch(1))
    assert "epoch 1/2" in out.file.getvalue()


def test_what_is_no_epoch_is_said_by_its_name_until_it_is_over():
    out = Console(file=io.StringIO(), soft_wrap=True)
    with Waiting(out, every=0.02) as waiting:
        assert out.file.getvalue() == ""
        waiting.begin("compiling")
        until = time.monotonic() + 10
        while "compiling, 0." not in out.file.getvalue():
            assert time.monotonic() < until
            time.sleep(0.01)
    time.sleep(0.1)
    said = out.file.getvalue()
    time.sleep(0.1)
    assert out.file.getvalue() == said
