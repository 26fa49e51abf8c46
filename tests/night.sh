#!/usr/bin/env bash
# Simulates generated scenarios with all checks on, one process for each core, and prints a summary.
# Then it proves causes of random scenarios and tries the property tests with cases of their own.
# Usage: tests/night.sh [COUNT]   (100000 unless given; about 20 minutes on two free cores)
set -euo pipefail
cd "$(dirname "$0")/.."
count=${1:-100000}
cores=$(nproc)
each=$(((count + cores - 1) / cores))
# What goes wrong in a scenario is in the summary; a panic's own text stays in the logs.
cargo test --no-run --test night
logs=$(mktemp -d)
pids=()
for ((core = 0; core < cores; core++)); do
    cargo test -q --test night -- "$each" $((core * each)) >"$logs/$core.out" 2>"$logs/$core.err" &
    pids+=($!)
done
failed=0
for pid in "${pids[@]}"; do
    wait "$pid" || failed=1
done
cat "$logs"/*.out
if ((failed)); then
    echo "night: something failed; the logs are in $logs" >&2
    exit 1
fi
rm -r "$logs"
cargo test -q --test night -- causes 200
seed=$RANDOM
echo "night: property tests with PROPTEST_RNG_SEED=$seed"
PROPTEST_RNG_SEED=$seed cargo test -q --test it
echo "night: $((each * cores)) scenarios, no panic, no imbalance, none above its estimated memory"
