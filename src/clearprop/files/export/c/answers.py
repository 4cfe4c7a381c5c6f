"""What is made of the mean of the networks' outputs: the functions that a user of the C calls."""

from __future__ import annotations

from dataclasses import dataclass

from clearprop.files.export.c.dialects import DOUBLE
from clearprop.files.export.c.int8_networks import Int8Networks
from clearprop.files.export.c.networks import FloatNetworks, group_name, row_function
from clearprop.files.export.c.rows import Row
from clearprop.files.export.c.words import array, comment, string
from clearprop.files.export.program import A, Program
from clearprop.formulas import Expression
from clearprop.formulas.printers.code import to_code

MEAN = """\
/* The mean of what n networks give */
static void mean(const struct network *networks, int n, const REAL *input, float *output)
{
    forward(networks, input, output);
    for (int m = 1; m < n; m++) {
        float one[OUTPUTS];
        forward(networks + m, input, one);
        for (int j = 0; j < OUTPUTS; j++) output[j] += one[j];
    }
    for (int j = 0; j < OUTPUTS; j++) output[j] /= (float)n;
}
"""


@dataclass(frozen=True)
class Functions:
    """The public functions of a program.

    Parameters
    ----------
    program : Program
    name : str
        What their names begin with.
    networks : FloatNetworks or Int8Networks
    """

    program: Program
    name: str
    networks: FloatNetworks | Int8Networks

    @property
    def real(self) -> str:
        """The type of what is predicted: double where numbers are brought to the unit of a table's column."""
        answer = self.program.answer
        return "float" if {*answer.decode, answer.unit} == {A} else "double"

    @property
    def n_predicted(self) -> int:
        """How many numbers `predict` gives for a row."""
        return self.program.answer.n_outputs

    @property
    def is_class(self) -> bool:
        """Whether `predict` returns the number of a class."""
        return self.program.answer.kind == "class"

    @property
    def given(self) -> str:
        """The parameter that is a row."""
        if self.program.is_plain:
            return f"const float input[{self.program.n_inputs}]"
        return (
            f"const double row[{self.program.n_inputs}]"
            if self.program.takes_numbers
            else f"const {self.name}_row *row"
        )

    @property
    def predict(self) -> str:
        """The head of the function that predicts."""
        result = "int" if self.is_class else "void"
        return f"{result} {self.name}_predict({self.given}, {self.real} {self._made}[{self.n_predicted}])"

    @property
    def _made(self) -> str:
        """What that function fills."""
        return "predicted" if self.program.answer.kind == "numbers" else "probabilities"

    @property
    def _refuses(self) -> bool:
        return not self.program.takes_numbers and Row(self.name, self.program.columns).refuses

    def _refused(self, made: str, n: int, result: str = "") -> list[str]:
        """The lines that answer a row with a value that is refused."""
        if not self._refuses:
            return []
        filled = f"    for (int j = 0; j < {n}; j++) {made}[j] = ({self.real})NAN;"
        return ["if (refused(row)) {", filled, f"    return{result};", "}"]

    @property
    def quantiles(self) -> str:
        """The head of the function that predicts quantiles."""
        n = len(self.program.quantiles)
        return f"void {self.name}_predict_quantiles({self.given}, {self.real} quantiles[{n}])"

    def declarations(self) -> str:
        """What a header says of them."""
        answer = self.program.answer
        parts = [f"/* {comment(self._told() + self._told_of_refusals())} */\n{self.predict};\n"]
        if self.program.quantiles:
            shown = ", ".join(f"{each.quantile:g}" for each in self.program.quantiles)
            parts.append(f"/* The quantiles {shown} of {comment(answer.names[0])}, rising */\n{self.quantiles};\n")
        if answer.labels:
            what = "classes" if self.is_class else "labels"
            shown = ", ".join(map(str, answer.labels[:20])) + (", …" if len(answer.labels) > 20 else "")
            declared = f"extern const char *const {self.name}_{what}[{len(answer.labels)}];\n"
            parts.append(f"/* {comment(shown)} */\n{declared}")
        return "\n".join(parts)

    def _told(self) -> str:
        answer = self.program.answer
        if self.is_class:
            return f"The number of the most probable class of {answer.names[0]}, and the probability of each"
        if answer.kind == "labels":
            return "The probability of each label, which holds where it is above 0.5"
        return f"Predicts {', '.join(answer.names[:20])}" + (", …" if len(answer.names) > 20 else "")

    def _told_of_refusals(self) -> str:
        if not self._refuses:
            return ""
        return f"; {'-1, and ' if self.is_class else ''}NAN, of a row with a value that training did not have"

    def definitions(self) -> str:
        """All of them."""
        answer, parts = self.program.answer, []
        if answer.labels:
            declared = f"char *const {self.name}_{'classes' if self.is_class else 'labels'}[{len(answer.labels)}]"
            texts = array(declared, (string(str(label)) for label in answer.labels))
            parts.append(texts.replace("static ", "", 1))
        if self._has_mean():
            n = self.program.network.widths[-1]
            parts.append(MEAN.replace("OUTPUTS", str(n)).replace("REAL", self.networks.real))
        if answer.row != A:
            parts.append(row_function(answer.row, "at_temperature", "a"))
        refused = _indented(self._refused(self._made, self.n_predicted, " -1" if self.is_class else ""))
        parts.append(f"{self.predict}\n{{\n{refused}{self._body()}}}\n")
        if self.program.quantiles:
            refused = _indented(self._refused("quantiles", len(self.program.quantiles)))
            parts.append(f"{self.quantiles}\n{{\n{refused}{self._quantiles_body()}}}\n")
        return "\n".join(parts)

    def _has_mean(self) -> bool:
        groups = [self.program.members, *(each.members for each in self.program.quantiles)]
        return any(len(group) > 1 for group in groups)

    def _encoded(self) -> list[str]:
        """The lines from what is given to what the networks get."""
        lines, _ = self.networks.prepared()
        if self.program.is_plain:
            return lines
        return [f"float input[{self.program.n_inputs}];", "encode(row, input);", *lines]

    def _outputs(self, group: int, target: str) -> str:
        """The call that computes the outputs of a group of networks."""
        members = self.program.quantiles[group - 1].members if group else self.program.members
        _, given = self.networks.prepared()
        if self._has_mean():
            return f"mean({group_name(group)}, {len(members)}, {given}, {target});"
        return f"forward({group_name(group)}, {given}, {target});"

    def _body(self) -> str:
        answer, n = self.program.answer, self.program.network.widths[-1]
        lines = self._encoded()
        if answer.kind == "numbers" and self.real == "float":
            return _indented([*lines, self._outputs(0, "predicted")])
        if answer.kind == "numbers":
            made = [self._number(tree, f"(double)output[{k}]") for k, tree in enumerate(answer.decode)]
            lines = [f"float output[{n}];", *lines, self._outputs(0, "output")]
            return _indented([*lines, *(f"predicted[{k}] = {value};" for k, value in enumerate(made))])
        lines.append(self._outputs(0, "probabilities"))
        if answer.row != A:
            lines.append(f"at_temperature(probabilities, {n});")
        if self.is_class and n == 1:
            lines += ["probabilities[1] = probabilities[0];", "probabilities[0] = 1.0f - probabilities[1];"]
            lines.append("return probabilities[1] > 0.5f;")
        elif self.is_class:
            lines = ["int best = 0;", *lines, f"for (int j = 1; j < {n}; j++)"]
            lines += ["    if (probabilities[j] > probabilities[best]) best = j;", "return best;"]
        return _indented(lines)

    def _number(self, decode: Expression, output: str) -> str:
        """One number in its own unit."""
        return _written(self.program.answer.unit, _written(decode, output))

    def _quantiles_body(self) -> str:
        (decode,) = self.program.answer.decode
        lines = [f"float output[{self.program.network.widths[-1]}];", *self._encoded()]
        for k, each in enumerate(self.program.quantiles):
            value = _written(decode + each.shift, "(double)output[0]")
            lines += [self._outputs(k + 1, "output"), f"quantiles[{k}] = {value};"]
        n = len(self.program.quantiles)
        lines += [
            f"for (int i = 1; i < {n}; i++) /* each by networks of its own, so they could cross */",
            "    for (int j = i; j > 0 && quantiles[j] < quantiles[j - 1]; j--) {",
            f"        const {self.real} lower = quantiles[j];",
            "        quantiles[j] = quantiles[j - 1];",
            "        quantiles[j - 1] = lower;",
            "    }",
        ]
        if self.program.answer.unit != A:
            lines.append(
                f"for (int i = 0; i < {n}; i++) quantiles[i] = {_written(self.program.answer.unit, 'quantiles[i]')};"
            )
        return _indented(lines)


def _written(tree: Expression, a: str) -> str:
    return a if tree == A else to_code([tree], {"a": a}, DOUBLE).result


def _indented(lines: list[str]) -> str:
    return "".join(f"    {line}\n" for line in lines)
