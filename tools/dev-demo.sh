# `./dev demo`: sourced by ./dev.

demo() {
    build
    fail "demo: to be written"
}
