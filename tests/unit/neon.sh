#!/bin/sh
# The convolutions for ARM: built by a cross compiler, tested under an emulator. Skips without them.
set -eu
top=$(cd "$(dirname "$0")/../.." && pwd)
cross=${SEAM_AARCH64_CC:-aarch64-linux-gnu-gcc}
emulator=$(command -v qemu-aarch64-static || command -v qemu-aarch64) || {
    echo "1..0 # SKIP no qemu-aarch64 (Debian: qemu-user-static)"
    exit 77
}
command -v "$cross" >/dev/null || {
    echo "1..0 # SKIP no $cross (Debian: gcc-aarch64-linux-gnu)"
    exit 77
}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
flags="-std=c11 -O2 -ffp-contract=off -D_POSIX_C_SOURCE=200809L -DSEAM_HAVE_NEON -Wall -Wextra -Wpedantic
    -Wshadow -Wconversion -Werror -I$top/src -I$top/include"
for name in engine/native/attend engine/native/kernels engine/native/kernels_cpu engine/native/kernels_pack engine/native/kernel_set base/assert; do
    # shellcheck disable=SC2086
    "$cross" $flags -c "$top/src/$name.c" -o "$work/$(basename "$name").o"
done
# shellcheck disable=SC2086
"$cross" $flags -DSEAM_SET_NEON -c "$top/src/engine/native/kernel_set.c" -o "$work/neon.o"
# shellcheck disable=SC2086
"$cross" $flags -static "$top/tests/unit/test_native_kernels.c" "$work"/*.o -lm -o "$work/test"
"$emulator" "$work/test" "$@"
