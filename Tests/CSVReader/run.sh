#!/usr/bin/env bash
# A CSV log of the real program, read by SwiftCSV and by Python's csv module.
#   Tests/CSVReader/run.sh .build/release/mobilecam
set -euo pipefail
program=$(realpath "$1")
here=$(dirname "$(realpath "$0")")
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
swift build -c release --package-path "$here" --scratch-path "$here/../../.build-csv" --quiet
"$program" live --source demo --headless --frames 60 --log "$folder/run.csv" > /dev/null
"$here/../../.build-csv/release/csv-reader" "$folder/run.csv"
"$here/../Tools/check_logs.py" "$program" "$folder/run.csv"
