# `./dev demo`: sourced by ./dev.

# A chart that the project renders, with noise over it, restored by a network that is built in.
demo() {
    build
    out=build/demo
    mkdir -p "$out"
    build/tools/chart render "$out/clean.png" "$out/noisy.png" 15
    before=$(build/tools/chart psnr "$out/clean.png" "$out/noisy.png")
    say "seamless restore $out/noisy.png $out/restored.png"
    build/seamless restore "$out/noisy.png" "$out/restored.png"
    after=$(build/tools/chart psnr "$out/clean.png" "$out/restored.png")
    # The same picture through a network that changes nothing shows what the tiles alone do: nothing.
    build/seamless restore -q -m null --tile 100 "$out/noisy.png" "$out/untouched.png"
    tiles=$(build/tools/chart psnr "$out/noisy.png" "$out/untouched.png")
    cat <<TEXT

A test chart (zone plate, text, gradients, texture) was rendered, and noise of sigma 15 laid over it.
Restored by the built-in network, whose rows stream through it without tiles or halo: PSNR $before dB before, $after dB after.
Through the network that changes nothing, in tiles of 100: $tiles.

Look at $out/clean.png, $out/noisy.png and $out/restored.png. Now try your own:
  build/seamless restore photo.jpg restored.png
  build/seamless restore --help
TEXT
}
