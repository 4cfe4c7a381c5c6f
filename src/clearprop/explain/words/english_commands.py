# ruff: noqa: E501 (a sentence is one string)
"""English: what is said of options and files that cannot be used."""

from __future__ import annotations

from collections.abc import Mapping

WORDS: Mapping[str, str] = {
    "usage_explain_what": "name either a sheet or model file, or a built-in case, as --case case_study",
    "usage_exercise_of_what": "name a sheet, a built-in case (--case case_study) or a network whose numbers are drawn (--network 2-3-1)",
    "usage_exercise_of_model": "{path} is a model: an exercise is made from a sheet, a built-in case (--case) or random numbers (--network 2-3-1)",
    "usage_table_and_row": "name the table and one of its rows too, as: clearprop explain {model} table.csv --row 1",
    "usage_row": "--row must be from 1 to {most}, the rows of {file}, not {row}",
    "usage_ending": "the output {path} must end in {endings}, or --format must say what to write",
    "usage_report_ending": "the output {path} must end in {endings}",
    "usage_sample": "--sample must be from 1 to {most}, not {value}",
    "usage_one_sample": "there is one sample only; leave --sample out",
    "usage_replay": "--replay must be a whole number of at least 1, not {value}",
    "usage_certificate_file": "the certificate {path} is also another file of this command; choose another name for it",
    "usage_certificate_or_report": "--certificate is for one sheet, --report for a folder of them: ask for one",
    "usage_output_of_report": "--output and --force belong to --report, which marks a folder of sheets",
    "usage_class": "--class draws the networks and writes Markdown; leave {option} out",
    "usage_a_sheet": "a sheet",
    "usage_network_draws": "--network draws the numbers itself: leave the sheet or --case out",
    "usage_network": "--network must be the numbers of neurons, inputs first, as 2-2-1, not '{network}'",
    "usage_planted_format": "a sheet with a mistake to find is Markdown, which check reads: leave --format out",
    "usage_class_folder": "say which folder the sheets of the class go into, as --output exercise-1",
    "usage_class_is_file": "{path} is a file; --output of a class names a folder",
    "usage_digits": "digits must be a whole number from 1 to 17, not {value}",
    "usage_count": "{name} must be a whole number of at least 1, not {value}",
    "usage_no_parameter": "there is no weight or bias '{name}' in a {widths} network; write for example {examples}",
    "usage_no_parameter_near": "there is no weight or bias '{name}' in a {widths} network; did you mean {near}?",
    "usage_not_a_parameter": "{name} is not a weight or bias; write for example {examples}",
    "usage_lbfgs": "L-BFGS chooses its steps itself and has no update formula to explain; explain a step of another optimizer, for example sgd(0.1) or adam()",
    "usage_fractions": "{name} cannot be an exact fraction: its formula {formula} leaves the rational numbers; use decimals, or relu, identity and the squared error with sgd",
    "kind_section": "section",
    "kind_form": "form",
    "option_steps": "steps",
    "option_networks": "networks",
}
