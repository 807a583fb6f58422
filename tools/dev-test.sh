# `./dev test`, `lint` and `fmt`: sourced by ./dev.

passed=0 failed=0 skipped=0
rebuild=--no-rebuild
times=/tmp/seamless-times.$$ failures=/tmp/seamless-failures.$$ alone=/tmp/seamless-alone.$$

test_usage() {
    cat <<'TEXT'
Usage: ./dev test [WHAT...]

  (nothing)   every test by gcc, and what depends on it by clang without ONNX Runtime
  sanitizers  unit, headers, cli and fuzz under the address and undefined sanitizers, unit under that of threads
  quick       one compiler, in under two minutes: unit, headers, the fastest of cli
  stranger    one compiler, as in a fresh clone: no ../shared, an empty cache, no home folder to write to
  ci          stranger, everything that it has not run, and sanitizers
  SUITE       of the gcc build: unit, headers, install, cli, ref, slow, probe, fuzz, cross
  NAME        a test of the gcc build, such as cli-resume; 'cli-*' names several

Networks and pictures that some tests need lie in ../shared, or where SEAM_SHARED says; without them
those tests are skipped. The slowest ten tests are named at the end.
TEXT
}

# The tests of one build whose lines Meson prints as they end; what they took goes to $times.
run_tests() { # FOLDER NAME [MESON TEST OPTIONS]
    folder=$1 name=$2
    shift 2
    say "testing: $name"
    rm -f "$folder/test.status"
    # One more than there are processors: some tests wait.
    { meson test -C "$folder" $rebuild -t 4 --num-processes $(($(getconf _NPROCESSORS_ONLN) + 1)) --print-errorlogs "$@" 2>&1 || echo $? >"$folder/test.status"; } |
        tee "$folder/test.log" | sed -nu "s|^ *\([0-9]*/[0-9]* .*\)|$name: \1|p"
    awk -v build="$name" '$1 ~ /^[0-9]+\/[0-9]+$/ {
        for (i = 2; i <= NF; i++)
            if ($i ~ /^(OK|FAIL|SKIP|TIMEOUT|ERROR|EXPECTEDFAIL)$/) {
                sub("s$", "", $(i + 1)); print $(i + 1), build, $(i - 1)
            }
    }' "$folder/test.log" >>"$times"
    count() { sed -n "s/^$1: *\([0-9][0-9]*\).*/\1/p" "$folder/test.log" | tail -n 1; }
    ok=$(count Ok) skip=$(count Skipped) fail=$(count Fail) late=$(count Timeout)
    passed=$((passed + ${ok:-0})) skipped=$((skipped + ${skip:-0}))
    if [ -e "$folder/test.status" ]; then
        bad=$((${fail:-0} + ${late:-0}))
        [ "$bad" != 0 ] || bad=1
        failed=$((failed + bad))
        cat "$folder/test.log"
        failures_of "$folder" "$name" >>"$failures"
    fi
}

# What failed, and where: the lines that a reader of the end of a long log has to see.
failures_of() { # FOLDER NAME
    awk -v build="$2" '
        $1 ~ /^[0-9]+\/[0-9]+$/ && / (FAIL|TIMEOUT|ERROR) / && !told[$1]++ { print build ": " $0 }' "$1/test.log"
    # A test says why before it says that it failed.
    awk '/^test:/ { test = $NF }
        /^# / { why[n++ % 12] = $0; next }
        /^not ok / {
            print "    " test ": " $0
            for (i = n > 12 ? n - 12 : 0; i < n; i++) print "        " substr(why[i % 12], 1, 200)
        }
        { n = 0 }' "$1/meson-logs/testlog.txt" | head -n 60
}

test_packages() {
    command -v apt-get >/dev/null && need_packages libvips-tools python3-numpy python3-onnx binutils strace \
        mesa-vulkan-drivers vulkan-validationlayers gdal-bin libimage-exiftool-perl "$@" || true
}

# One compiler, what is quick. Meson builds what these need, which is half of all.
test_quick() {
    test_packages
    prepare build "${CC:-cc}"
    rebuild=
    run_tests build quick --suite unit --suite headers --suite quick
}

# What somebody has who cloned this and nothing else; root can write to any folder but one that is none.
# What is slow, or needs nothing that it would miss, runs with the whole, and what asks for nothing of
# ../shared is noted in $alone: it would be the same there.
test_stranger() {
    test_packages g++
    configure build "${CC:-cc}"
    nowhere=$(mktemp -d)
    mkdir "$nowhere/cache"
    SEAM_ALONE=$alone SEAM_SHARED=$nowhere/shared XDG_CACHE_HOME=$nowhere/cache HOME=/dev/null/home \
        run_tests build stranger --no-suite cross --no-suite slow --no-suite gpu --no-suite fuzz
    rm -rf "$nowhere"
}

# What the run as a stranger left out, and what looks at ../shared.
rest_of_gcc='--suite shared --suite ref --suite slow --suite probe --suite gpu --suite fuzz --suite cross'

test_whole() { # [OPTIONS that choose the tests of the gcc build]
    test_packages g++ clang gcc-aarch64-linux-gnu libc6-dev-arm64-cross qemu-user-static
    configure build "${CC:-cc}"
    SEAM_ALONE=$alone run_tests build gcc "$@"
    # By the other compiler and without ONNX Runtime: the native engine alone is a whole product. What no engine
    # decides ran above.
    other=$(command -v clang || echo "${CC:-cc}")
    configure build-native "$other" -Dort=disabled
    run_tests build-native native --suite unit --suite headers
    run_tests build-native native cli-convert cli-errors cli-fault_networks cli-faults cli-identity \
        cli-networks cli-opens cli-report
}

test_sanitizers() {
    test_packages clang
    command -v clang >/dev/null || { say "clang is missing: the sanitizers were not run"; skipped=$((skipped + 1)); return; }
    # libvips and ONNX Runtime are not instrumented, so that what they leak at exit is theirs.
    configure build-asan clang -Dbuildtype=debugoptimized -Db_sanitize=address,undefined -Db_lundef=false
    ASAN_OPTIONS=detect_leaks=1:allocator_may_return_null=1 \
    LSAN_OPTIONS=suppressions=$PWD/tests/lsan.supp:print_suppressions=0 \
    UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1 \
        run_tests build-asan asan --suite unit --suite headers --suite cli --suite fuzz --no-suite once
    configure build-tsan clang -Dbuildtype=debugoptimized -Db_sanitize=thread -Db_lundef=false
    TSAN_OPTIONS=halt_on_error=1:allocator_may_return_null=1:suppressions=$PWD/tests/tsan.supp \
        run_tests build-tsan tsan --suite unit
}

# Suites and names of tests, out of the gcc build.
test_some() {
    test_packages g++
    configure build "${CC:-cc}"
    all=$(meson test -C build --no-rebuild --list 2>/dev/null)
    for what in "$@"; do
        case "$all" in
            *":$what / "* | *"+$what / "* | *":$what+"* | *"+$what+"*) run_tests build "$what" --suite "$what" ;;
            *) run_tests build "$what" "$what" ;;
        esac
    done
}

run_dev_test() { # [WHAT...]
    case ${1:-} in -h | --help | help) test_usage; return ;; esac
    setup
    : >"$times"
    : >"$failures"
    case ${1:-} in
        '') test_whole ;;
        quick) test_quick ;;
        stranger) test_stranger ;;
        sanitizers) test_sanitizers ;;
        ci) test_stranger; test_whole $rest_of_gcc; test_sanitizers ;;
        *) test_some "$@" ;;
    esac
    echo "The slowest tests, in seconds:"
    sort -rn "$times" | head -n 10 | sed 's/^/  /'
    [ $failed = 0 ] || { echo "What failed:"; cat "$failures"; }
    rm -f "$times" "$failures" "$alone"
    echo "$passed passed, $failed failed, $skipped skipped"
    [ $failed = 0 ]
}

# What libFuzzer finds it leaves in build-fuzz/NAME; `build/fuzz/fuzz_NAME FILE` replays it. Without ONNX
# Runtime: no target runs it.
fuzz() { # [SECONDS [NAME...]]
    seconds=${1:-600}
    [ $# = 0 ] || shift
    [ $# != 0 ] || set -- onnx torch safetensors ncnn tiff png jpeg journal plan
    test_packages clang
    prepare build-fuzz clang -Dort=disabled -Dbuildtype=debugoptimized -Db_sanitize=address,undefined \
        -Db_lundef=false -Dfuzzer=true -Dc_args=-fsanitize=fuzzer-no-link
    say "building build-fuzz"
    for name in "$@"; do
        ninja -C build-fuzz fuzz/fuzz_"$name" fuzz/libfuzzer_"$name" >build-fuzz/ninja.log ||
            { cat build-fuzz/ninja.log >&2; exit 1; }
    done
    for name in "$@"; do
        say "fuzzing $name for $seconds s"
        mkdir -p "build-fuzz/$name/corpus"
        build-fuzz/fuzz/fuzz_"$name" --seeds "build-fuzz/$name/corpus"
        ASAN_OPTIONS=allocator_may_return_null=1 UBSAN_OPTIONS=halt_on_error=1 \
            build-fuzz/fuzz/libfuzzer_"$name" -max_total_time="$seconds" -max_len=8192 -timeout=120 \
            -artifact_prefix="build-fuzz/$name/" "build-fuzz/$name/corpus" >"build-fuzz/$name/log" 2>&1 ||
            { tail -n 40 "build-fuzz/$name/log" >&2; fail "fuzz: $name"; }
        tail -n 1 "build-fuzz/$name/log"
    done
}

sources() { git ls-files '*.c' '*.h'; }

fmt() {
    need_packages clang-format
    sources | xargs clang-format -i
}

lint() {
    need_packages cppcheck binutils
    build
    tools/lint.py build/src/libseamless.a || fail "lint: the rules above are broken"
    cppcheck --quiet --error-exitcode=1 --enable=warning,portability --inline-suppr \
        --suppress=missingIncludeSystem -Iinclude -Isrc --std=c11 -DSEAMLESS_VERSION='""' \
        $(sources | grep '^src/.*\.c$')
    say "lint: clean"
}
