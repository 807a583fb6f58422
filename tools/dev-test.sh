# `./dev test`, `lint` and `fmt`: sourced by ./dev.

passed=0 failed=0 skipped=0

# Run Meson's tests of one build and add up what they say.
run_tests() { # FOLDER NAME [MESON TEST OPTIONS]
    folder=$1 name=$2
    shift 2
    say "testing: $name"
    status=0
    meson test -C "$folder" --no-rebuild --print-errorlogs "$@" >"$folder/test.log" 2>&1 || status=$?
    count() { sed -n "s/^$1: *\([0-9][0-9]*\).*/\1/p" "$folder/test.log" | tail -n 1; }
    ok=$(count Ok) skip=$(count Skipped)
    bad=$(($(count Fail || echo 0) + 0 + $(count Timeout || echo 0) + 0))
    sed -n '/^ *[0-9]*\/[0-9]* /p' "$folder/test.log" | sed "s|^|$name: |"
    passed=$((passed + ${ok:-0})) skipped=$((skipped + ${skip:-0}))
    if [ $status != 0 ]; then
        [ "$bad" != 0 ] || bad=1
        failed=$((failed + bad))
        cat "$folder/test.log"
    fi
}

test_all() {
    setup
    command -v apt-get >/dev/null && need_packages g++ clang libvips-tools python3-numpy binutils \
        gcc-aarch64-linux-gnu libc6-dev-arm64-cross qemu-user-static || true
    configure build "${CC:-cc}"
    run_tests build gcc
    # Without ONNX Runtime: the native engine alone is a whole product.
    configure build-native "${CC:-cc}" -Dort=disabled
    run_tests build-native native --suite unit --suite headers --suite cli
    if command -v clang >/dev/null; then
        configure build-clang clang
        run_tests build-clang clang --suite unit --suite headers
        # libvips and ONNX Runtime are not instrumented, so that what they leak at exit is theirs.
        configure build-asan clang -Dbuildtype=debugoptimized -Db_sanitize=address,undefined -Db_lundef=false
        ASAN_OPTIONS=detect_leaks=1:allocator_may_return_null=1 \
        LSAN_OPTIONS=suppressions=$PWD/tests/lsan.supp:print_suppressions=0 \
        UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1 \
            run_tests build-asan asan --suite unit --suite headers --suite cli --suite fuzz
        configure build-tsan clang -Dbuildtype=debugoptimized -Db_sanitize=thread -Db_lundef=false
        TSAN_OPTIONS=halt_on_error=1 run_tests build-tsan tsan --suite unit
    else
        say "clang is missing: the sanitizers were not run"
        skipped=$((skipped + 1))
    fi
    echo "$passed passed, $failed failed, $skipped skipped"
    [ $failed = 0 ]
}

sources() { git ls-files '*.c' '*.h'; }

fmt() {
    need_packages clang-format
    sources | xargs clang-format -i
}

lint() {
    build
    need_packages clang-format cppcheck
    long=$(sources | xargs wc -l | awk '$2 != "total" && $1 > 600 { print $2 ": " $1 " lines" }')
    [ -z "$long" ] || fail "files above 600 lines: $long"
    cppcheck --quiet --error-exitcode=1 --enable=warning,portability --inline-suppr \
        --suppress=missingIncludeSystem -Iinclude -Isrc --std=c11 -DSEAMLESS_VERSION='""' \
        $(sources | grep '^src/.*\.c$')
    say "lint: clean"
}
