#!/bin/sh
# PyTorch 2.13.0: torchrun refuses to start a script whose own option begins as one of its options does. `torchrun train.py --log run.log`
# ends with "ambiguous option: --log could match --log-dir, --log_dir, …", as does --rdzv, or --node. Everything after the script's name is
# the script's (argparse.REMAINDER), but argparse looks at all arguments for abbreviations before it hands any of them out, and torchrun
# allows abbreviations. A good engineer would guess that what stands behind the script is not looked at. Cure: torchrun … -- train.py --log
# run.log, and torchrun … -m -- PACKAGE --log run.log.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check "torch==2.13.0" "numpy==2.4.6"
cd "$folder"
echo 'import sys; print("the script was given", sys.argv[1:])' > script.py
"$folder/venv/bin/python" -c 'import sys, torch; print("Python", sys.version.split()[0], "PyTorch", torch.__version__)'
run="$folder/venv/bin/torchrun --standalone --nproc-per-node=1"
for option in --log --rdzv --node; do
    if $run script.py $option x > said.txt 2>&1; then
        echo "this has changed: $option"
        exit 1
    fi
    grep "ambiguous option: $option could match" said.txt
    $run -- script.py $option x | grep "the script was given \['$option', 'x'\]"
    $run -m -- script $option x | grep "the script was given \['$option', 'x'\]"
done
$run script.py --quiet x | grep "the script was given \['--quiet', 'x'\]"
echo "as described"
