#!/usr/bin/env bash
# Repeats the attacks that once broke the program, counts what fails, and writes the counts into docs/RELIABILITY.md.
# Usage: tests/attacks.sh [BINARY [ATTACK...]]   (the release build and all attacks unless given; about five minutes)
# Needs bash and gzip; full and read-only disks need `unshare -rm` and are counted as not tried where it is forbidden.
set -uo pipefail
cd "$(dirname "$0")/.."
root=$PWD
bin=${1:-}
attacks=("${@:2}")
[[ ${#attacks[@]} -gt 0 ]] || attacks=(searches pairs kills disks traces bounds injections galleries)
if [[ -z $bin ]]; then
    cargo build --release || exit 1
    bin=$root/target/release/streamduel
fi
bin=$(realpath "$bin")
work=$(mktemp -d)
# A child that is killed before it becomes another program would run the trap as well.
trap '[[ $BASHPID != "$$" ]] || rm -rf "$work"' EXIT
cd "$work" || exit 1
RANDOM=7
rows=()
kept=()
all_failed=0

# The end of an attack: its name, how often it was tried, how often it failed, what must hold.
count() {
    rows+=("| $1 | $2 | $3 | $4 |")
    echo "$1: $2 tried, $3 failed"
    all_failed=$((all_failed + $3))
}

# A scenario that runs in a moment; arguments replace the title and the question.
tiny() {
    printf 'title = %s\nquestion = %s\nduration = "2 s"\n[workload]\narrivals = { poisson = "50 records/s" }\nkeys = { uniform = { count = 10 } }\n' \
        "${1:-\"Tiny\"}" "${2:-\"?\"}"
    printf 'sizes = { constant = "100 B" }\n[[consumer]]\nname = "app"\n[system.kds.kinesis]\nShardCount = 1\n'
    printf '[system.msk.kafka]\nNumberOfBrokerNodes = 3\ntopic = { partitions = 3 }\n'
}

# Whether a results folder is whole and of one seed, which is printed.
seed_of() {
    local seed
    [[ -f $1/summary.csv && -f $1/scenario.toml && -f $1/report.html && -f $1/charts/throughput.png ]] || return 1
    seed=$(sed -n 2p "$1/summary.csv" | cut -d, -f4)
    head -1 "$1/scenario.toml" | grep -q "seed $seed " && grep -q "seed $seed ·" "$1/report.md" && grep -q "seed $seed ·" "$1/report.html" || return 1
    echo "$seed"
}

pairs() {
    local failed=0 one two codes seed
    for _ in $(seq 30); do
        rm -rf pair && mkdir pair
        "$bin" run tiny.toml -q -o pair --seed 1 2>/dev/null & one=$!
        "$bin" run tiny.toml -q -o pair --seed 7 2>/dev/null & two=$!
        wait $one; codes=$?
        wait $two; codes="$codes $?"
        seed=$(seed_of pair/tiny) || seed=mixed
        # The folder is of a run that ended with 0; a run that was refused ended with 1.
        case "$codes $seed" in
            "0 0 1" | "0 0 7" | "0 1 1" | "1 0 7") ;;
            *) failed=$((failed + 1)) ;;
        esac
        [[ $(ls -A pair) == tiny ]] || failed=$((failed + 1))
    done
    count "two runs at once into one folder" 30 $failed "one whole result, of a run that ended with code 0"
}

kills() {
    local failed=0 pid seed
    rm -rf kill && mkdir kill
    "$bin" run tiny.toml -q -o kill --seed 1 && echo mine >kill/tiny/notes.md
    for n in $(seq 142); do
        "$bin" run tiny.toml -q -o kill --seed $((n + 1)) 2>/dev/null & pid=$!
        if ((n <= 62)); then
            # At the moment at which the new result is complete and takes the place of the old one.
            while kill -0 $pid 2>/dev/null && ! compgen -G 'kill/.tiny.*.part/scenario.toml' >/dev/null; do :; done
            kill -TERM $pid 2>/dev/null
        else
            sleep "0.$((RANDOM % 5))$((RANDOM % 10))"
            kill -KILL $pid 2>/dev/null
        fi
        wait $pid 2>/dev/null
        seed=$(seed_of kill/tiny) || failed=$((failed + 1))
    done
    "$bin" run tiny.toml -q -o kill --seed 999 2>/dev/null
    seed=$(seed_of kill/tiny) || seed=none
    [[ $seed == 999 && -f kill/tiny/notes.md && $(ls -A kill) == tiny ]] || failed=$((failed + 1))
    count "runs killed while they replace a result" 142 $failed "the whole old or the whole new result; the next run tidies up; notes of the user stay"
}

# One disk of 64 MB, inside a name space of its own, that is read-only or has so many kilobytes left.
disk() {
    local code seed avail
    mkdir -p disk && mount -t tmpfs -o size=64m none disk || exit 3
    "$bin" run tiny.toml -q -o disk --seed 1 || exit 1
    if [[ $1 == ro ]]; then
        mount -o remount,ro disk || exit 3
    else
        avail=$(df -k --output=avail disk | tail -1)
        head -c $(((avail - $1) * 1024)) /dev/zero >disk/filler
    fi
    "$bin" run tiny.toml -q -o disk --seed 7 2>err
    code=$?
    seed=$(seed_of disk/tiny) || exit 1
    # Either it was written whole, or the old one is there, and a message says why.
    [[ $code == 0 && $seed == 7 ]] || [[ $code == 1 && $seed == 1 && -s err ]] || exit 1
    ! compgen -G 'disk/.tiny.*' >/dev/null || exit 1
}

disks() {
    local failed=0 left
    if ! unshare -rm true 2>/dev/null; then
        count "disks full or read-only" 0 0 "not tried: this machine forbids name spaces"
        return
    fi
    export -f disk seed_of
    export bin
    for n in $(seq 20); do
        left=ro
        ((n <= 16)) && left=$((n * n * 8))
        unshare -rm bash -c "disk $left" >/dev/null 2>&1 || { echo "disk $left"; failed=$((failed + 1)); }
    done
    count "disks full or read-only" 20 $failed "exit code 1, a message with the path, the old result as it was"
}

# One trace: its name and what `check` must say of it.
trace() {
    local code
    sed "s|FILE|$1|" trace.toml >t.toml
    (ulimit -v 2000000; timeout 60 "$bin" check t.toml >out 2>&1)
    code=$?
    [[ $code == "$2" && $(wc -c <out) -lt 6000 ]] || { echo "trace $1: code $code"; return 1; }
}

traces() {
    local failed=0 head='timestamp_ms,key,size_bytes'
    printf 'title = "T"\nquestion = "?"\nduration = "10 s"\n[workload]\narrivals = { trace = { file = "FILE" } }\nkeys = "trace"\nsizes = "trace"\n[[consumer]]\nname = "app"\n[system.kds.kinesis]\nShardCount = 1\n' >trace.toml
    printf '%s\n0,a,10\n500,b,20\n' $head >good.csv; gzip -k good.csv
    : >empty.csv
    printf '%s\n' $head >header.csv
    head -c 1G /dev/zero | gzip -1 >bomb.csv.gz
    (echo $head; yes '7,kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk,1' | head -6000000) | gzip -1 >cut.csv.gz
    mkfifo pipe; mkdir folder.csv
    head -c 20 good.csv.gz >short.csv.gz
    printf '\x1f\x8bgarbage' >broken.csv.gz
    head -c 4000 /dev/urandom >random.csv
    cp /etc/passwd passwd.csv
    printf '%s\n0,a,4294967296\n' $head >over.csv
    printf '%s\n0,a,-1\n' $head >negative.csv
    printf '%s\n5,a,1\n4,a,1\n' $head >back.csv
    printf '%s\n0,a\n' $head >narrow.csv
    printf '%s\n0,a,1,2\n' $head >wide.csv
    printf '%s\nx,a,1\n' $head >word.csv
    printf '%s\n99999999999999999999,a,1\n' $head >huge.csv
    printf '%s\n18446744073709551615,a,1\n' $head >late.csv
    printf '%s\n0,%s,1\n' $head "$(head -c 300 /dev/zero | tr '\0' k)" >key.csv
    printf '%s\n0,"a\n' $head >quote.csv
    printf '%s\n0,%s,1\n' $head "$(head -c 100000 /dev/zero | tr '\0' k)" >line.csv
    printf '%s\r\n0,a,1\r\n' $head >crlf.csv
    printf '\xef\xbb\xbf%s\n0,a,1\n' $head >bom.csv
    printf '%s\n0,\xff\xfe,1\n' $head >latin.csv
    printf 'timestamp_ms,records_per_s\n0,nan\n' >nan.csv
    printf 'timestamp_ms,records_per_s\n0,1e400\n' >inf.csv
    printf 'timestamp_ms,records_per_s\n0,-3\n' >minus.csv
    local expected=(good.csv:0 good.csv.gz:0 crlf.csv:0 bom.csv:0 empty.csv:2 header.csv:2 bomb.csv.gz:2 cut.csv.gz:2 pipe:2 /dev/zero:2 folder.csv:2 short.csv.gz:2
        broken.csv.gz:2 random.csv:2 passwd.csv:2 over.csv:2 negative.csv:2 back.csv:2 narrow.csv:2 wide.csv:2 word.csv:2 huge.csv:2 key.csv:2 line.csv:2
        latin.csv:2 nan.csv:2 inf.csv:2 nowhere.csv:2)
    for pair in "${expected[@]}"; do
        trace "${pair%:*}" "${pair##*:}" || failed=$((failed + 1))
    done
    count "hostile traces" ${#expected[@]} $failed "read whole or refused with code 2 and a short message, within 60 s and 2 GB"
}

bounds() {
    local failed=0 tried=0 code
    tiny >bound.toml
    # Each: a setting, and the code of `check`.
    while IFS='|' read -r setting expected; do
        tried=$((tried + 1))
        (ulimit -v 3000000; timeout 60 "$bin" check bound.toml --set "$setting" >out 2>&1)
        code=$?
        [[ $code == "$expected" ]] || { echo "bound $setting: code $code"; failed=$((failed + 1)); }
    done <<'END'
replications=1000|0
replications=1001|2
replications=0|2
replications=-1|2
duration=366 d|2
duration=0 s|2
duration=1 ms|0
sample=1 ms|0
sample=0 s|2
sample=100 ns|2
warmup=2 s|2
workload.producers=10000|0
workload.producers=10001|2
workload.producers=0|2
workload.arrivals.poisson=1e12 records/s|2
workload.arrivals.poisson=-1 records/s|2
workload.keys.uniform.count=10000001|2
workload.keys.uniform.count=0|2
system.kds.kinesis.ShardCount=0|2
system.kds.kinesis.ShardCount=4294967296|2
system.msk.kafka.topic.partitions=20000|0
system.msk.kafka.topic.partitions=20001|2
system.msk.kafka.topic.partitions=0|2
system.msk.kafka.NumberOfBrokerNodes=0|2
workload.sizes.constant=99999999999 TB|2
seed=-1|2
seed=18446744073709551616|2
END
    # A product of bounds that each hold.
    tried=$((tried + 1))
    "$bin" check bound.toml --set replications=1000 --set "duration=10000 s" --set "sample=1 s" >out 2>&1
    code=$?
    [[ $code == 2 ]] && grep -q "GB of memory" out || { echo "product: code $code"; failed=$((failed + 1)); }
    count "bounds and their products" $tried $failed "accepted or refused before the run, within 60 s and 3 GB"
}

injections() {
    local failed=0 tried=0 text name command
    local texts=('<script>alert(1)</script>' '</title><img src=x onerror=alert(2)>' ']]> & </svg>' '| pipe `code` |' '{{ 7*7 }}{% raw %}' '=cmd|/C calc!A0'
        '--> <!--' '[l](javascript:alert(1))' '$(id) `id` ;id' '"; rm -rf /; "' "'; id; '" '</table></body></html>')
    for text in "${texts[@]}"; do
        tried=$((tried + 1))
        { tiny "'''$text'''" "'''$text'''"; printf '[[expect]]\nthat = "kds.stored > 1"\nwhy = %s\n' "'''$text'''"; } >inject.toml
        "$bin" run inject.toml -q -o inject 2>out
        if [[ $? != 0 ]] || grep -qE '<script>alert|<img src=x' inject/inject/report.html inject/inject/report.md inject/inject/charts/*.svg ||
            ! "$bin" check inject/inject/scenario.toml >/dev/null 2>&1; then
            echo "text $text"; failed=$((failed + 1))
        fi
    done
    local names=('a b' 'a;id' 'a$(touch hit)' 'a`touch hit`' "a'b" 'a"b' 'a&b' 'a|b' $'a\nb' 'a*b' 'a\b' 'ä€')
    for name in "${names[@]}"; do
        tried=$((tried + 1))
        tiny >"$name.toml"
        "$bin" run "$name.toml" -q -o inject 2>out || { echo "name $name"; failed=$((failed + 1)); continue; }
        command=$(tail -1 "inject/$name/scenario.toml")
        # The line is a command that runs the same file, and nothing else.
        if ! "$bin" check "inject/$name/scenario.toml" >/dev/null 2>&1 || ! (streamduel() { "$bin" "$@" -q -o again; }; eval "${command#\# reproduce: }") 2>/dev/null || [[ -e hit ]]; then
            echo "name $name"; failed=$((failed + 1))
        fi
    done
    count "hostile texts and file names" $tried $failed "no markup passes, the resolved file is valid, the \`reproduce:\` line is one command"
}

galleries() {
    local failed=0 pid there
    rm -rf gallery && mkdir -p gallery/few
    for n in 1 2 3 4 5 6; do tiny >"gallery/few/s$n.toml"; done
    "$bin" gallery gallery/few --no-study -q --root gallery >/dev/null || failed=$((failed + 1))
    echo mine >gallery/results/notes.md
    rm gallery/few/s6.toml
    for n in $(seq 12); do
        "$bin" gallery gallery/few --no-study -q --root gallery >/dev/null 2>&1 & pid=$!
        sleep "$((n / 5)).$((n * 2 % 10))"
        kill -KILL $pid 2>/dev/null
        wait $pid 2>/dev/null
        # The index and the folders are of the same gallery.
        there=$(grep -c '^| \[s' gallery/results/README.md)
        [[ $there == $(ls -d gallery/results/s* | wc -l) && -f gallery/results/notes.md ]] || failed=$((failed + 1))
    done
    "$bin" gallery gallery/few --no-study -q --root gallery >/dev/null || failed=$((failed + 1))
    [[ ! -e gallery/results/s6 && -z $(ls -A gallery | grep '^\.') ]] || failed=$((failed + 1))
    count "galleries killed" 12 $failed "the whole old or the whole new gallery, files of others stay"
}

# Searches that are killed go on where they were, to the same bytes.
searches() {
    local failed=0 tried=0 name n pid
    { tiny; printf '[[expect]]\nthat = "kds.refused == 0"\n[[expect]]\nthat = "msk.refused == 0"\n'; } | sed 's/2 s/20 s/' >search.toml
    local sweep=(sweep search.toml --over 'workload.arrivals.poisson=100..3000 records/s in 12' --no-charts -q)
    local size=(size search.toml --set 'workload.arrivals.poisson=3000 records/s' -q)
    local plan=(plan search.toml --set 'workload.arrivals.poisson=3000 records/s' --replications 12 -q)
    local atlas=(atlas search.toml --over 'workload.arrivals.poisson=200 records/s,1500 records/s' --over 'workload.sizes.constant=100 B,1 kB' --family provisioned --family msk-s -q)
    for name in sweep size plan atlas; do
        local -n command=$name
        "$bin" "${command[@]}" -o whole 2>out || { echo "$name: $(head -1 out)"; failed=$((failed + 1)); }
        for n in $(seq 10); do
            tried=$((tried + 1))
            "$bin" "${command[@]}" -o "killed$n" 2>/dev/null & pid=$!
            sleep "0.$((RANDOM % 3))$((RANDOM % 10))"
            kill -KILL $pid 2>/dev/null
            wait $pid 2>/dev/null
            "$bin" "${command[@]}" -o "killed$n" 2>/dev/null || failed=$((failed + 1))
            # Commands and heads name the folder.
            cmp <(cd whole && cat "search-$name"/*.csv) <(cd "killed$n" && cat "search-$name"/*.csv) >/dev/null || failed=$((failed + 1))
            compgen -G "killed$n/.*.runs" >/dev/null && failed=$((failed + 1))
        done
        rm -rf whole killed*
    done
    count "sweeps, sizes, plans and atlases killed" $tried $failed "the same command goes on to the tables of one that was not killed, and keeps no file"
}

tiny >tiny.toml
for attack in "${attacks[@]}"; do
    declare -F "$attack" >/dev/null || { echo "there is no attack called $attack"; exit 2; }
    "$attack"
done

# Between the two marks of the page stands what was counted; what was not tried now stays as it was.
page=$root/docs/RELIABILITY.md
while IFS= read -r row; do
    name=${row#| }
    name="| ${name%% |*} |"
    for n in "${!rows[@]}"; do
        [[ ${rows[n]} == "$name"* ]] && { row=${rows[n]}; unset 'rows[n]'; }
    done
    kept+=("$row")
done < <(sed -n '/<!-- attacks: begin/,/<!-- attacks: end/p' "$page" | grep '^|' | tail -n +3)
rows=("${kept[@]}" "${rows[@]}")
{
    sed '/<!-- attacks: begin/q' "$page"
    echo
    echo "| attack | tried | failed | what must hold |"
    echo "|---|---|---|---|"
    printf '%s\n' "${rows[@]}"
    echo
    sed -n '/<!-- attacks: end/,$p' "$page"
} >page.md && cat page.md >"$page"
echo "$all_failed failed"
exit $((all_failed > 0))
