/* The table of options: what each command that takes a picture understands, in groups. Help,
 * completions and manual pages are all made of it.
 * Of a text --help tells the first line, of 55 letters, and --help-all all of it. */
#include "cli/option_groups.h"

/* Known to few, and so not told by --help but by --help-all. GLib's own help is not used. */
#define RARE G_OPTION_FLAG_HIDDEN

static void visit_main(struct cli_raw *r, cli_option_visit visit, void *opaque)
{
    const GOptionEntry entries[] = {
        { "model", 'm', 0, G_OPTION_ARG_FILENAME_ARRAY, &r->models,
          "A network's file, a built-in one, or auto (default)", "MODEL" },
        { "strength", 0, 0, G_OPTION_ARG_STRING, &r->strength,
          "Share of the restoration, 0 to 1; by denoise to 2\n"
          "Default 1. The result is laid over the picture; above 1 more is removed", "S" },
        { "quiet", 'q', 0, G_OPTION_ARG_NONE, &r->quiet, "Say nothing but errors", NULL },
        { "verbose", 'v', 0, G_OPTION_ARG_NONE, &r->verbose, "Print the plan and details", NULL },
        { "json", 0, 0, G_OPTION_ARG_NONE, &r->json,
          "Print one JSON object per picture on standard output", NULL },
        { "help", 'h', RARE, G_OPTION_ARG_NONE, &r->help, "Tell what most people want", NULL },
        { "help-all", 0, RARE, G_OPTION_ARG_NONE, &r->help_all,
          "Tell all options, and more examples", NULL },
        { G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &r->rest, NULL, NULL },
        { 0 },
    };
    visit(opaque, NULL, entries);
}

static void visit_size(struct cli_raw *r, cli_option_visit visit, void *opaque)
{
    const GOptionEntry entries[] = {
        { "size", 0, 0, G_OPTION_ARG_STRING, &r->size,
          "3840x, x2160, 3840x2160 (inside; ! exactly; ^ covers)\n"
          "In pixels: that width, that height, or as large as goes into that box; ! that very "
          "size; ^ the box is covered", "WxH[!^]" },
        { "scale", 0, 0, G_OPTION_ARG_STRING, &r->scale,
          "Times the picture's size (default: the network's)", "1.5|150%" },
        { "megapixels", 0, RARE, G_OPTION_ARG_STRING, &r->megapixels,
          "So many megapixels", "N" },
        { "max-side", 0, 0, G_OPTION_ARG_STRING, &r->most_side,
          "The longer side has no more pixels than this", "N" },
        { "print", 0, 0, G_OPTION_ARG_STRING, &r->print,
          "Fits a sheet of that size at --dpi, turned as it lies", "30x20cm" },
        { "dpi", 0, RARE, G_OPTION_ARG_STRING, &r->dpi,
          "Pixels per inch that the result says it has (with --print: default 300)", "N" },
        { "passes", 0, RARE, G_OPTION_ARG_STRING, &r->passes,
          "Times through the network: auto (default; twice where the size asks for it), 1 or 2",
          "N" },
        { 0 },
    };
    visit(opaque, "Size of the result:", entries);
}

static void visit_picture(struct cli_raw *r, enum cli_command command, cli_option_visit visit,
                          void *opaque)
{
    GOptionEntry entries[] = {
        { "depth", 0, 0, G_OPTION_ARG_STRING, &r->depth,
          "Of the result: same (default), 8, 16 or float", "DEPTH" },
        { "alpha", 0, RARE, G_OPTION_ARG_STRING, &r->alpha,
          "Alpha: scale it along (default), or put it through the model", "HOW" },
        { "transfer", 0, RARE, G_OPTION_ARG_STRING, &r->transfer,
          "Float pictures: srgb encodes linear light for the network, none does not (default auto)",
          "CURVE" },
        { "page", 0, 0, G_OPTION_ARG_INT, &r->page,
          "Page N alone; 1 is the first (default: all)", "N" },
        { "allow-damaged", 0, RARE, G_OPTION_ARG_NONE, &r->allow_damaged,
          "Restore what can be read of a truncated file", NULL },
        { "colour", 0, RARE, G_OPTION_ARG_STRING, &r->colour,
          "Profiles but sRGB: auto and convert give the network sRGB, keep what is stored", "HOW" },
        { 0 },
    };
    /* A check compares what the network makes, whatever colours those are. */
    if (command == CLI_CHECK)
        entries[G_N_ELEMENTS(entries) - 2] = (GOptionEntry){ 0 };
    visit(opaque, "Picture:", entries);
}

static void visit_network(struct cli_raw *r, cli_option_visit visit, void *opaque)
{
    const GOptionEntry entries[] = {
        { "engine", 0, 0, G_OPTION_ARG_STRING, &r->engine,
          "auto (default), native (rows, no halo), ort or gpu", "ENGINE" },
        { "device", 0, 0, G_OPTION_ARG_STRING, &r->device,
          "cpu, gpu, one of 'seamless devices', or auto (default)\n"
          "gpu is the first, 0,1 are several of one kind, and auto is a GPU where that pays",
          "DEVICE" },
        { "precision", 0, RARE, G_OPTION_ARG_STRING, &r->precision,
          "With --device: float, half (float16 between layers: faster), or auto (default): half "
          "where all results have 8 bits", "KIND" },
        { "ensemble", 0, 0, G_OPTION_ARG_NONE, &r->ensemble,
          "Mean of 8 ways to turn it: a little better, 8x slower\n"
          "The picture is turned and mirrored in all ways, restored, and turned back", NULL },
        { "input", 0, RARE, G_OPTION_ARG_STRING_ARRAY, &r->inputs,
          "Value of an extra input of the network, such as sigma=0.1; may be repeated",
          "NAME=VALUE" },
        { "picture-input", 0, RARE, G_OPTION_ARG_STRING, &r->picture,
          "Input of the network that takes the picture (default: the first that can)", "NAME" },
        { "output", 0, RARE, G_OPTION_ARG_STRING, &r->output,
          "Output of the network to take (default: the largest picture)", "NAME" },
        { "range", 0, RARE, G_OPTION_ARG_STRING, &r->range,
          "The network's values of black and white (default 0..1)", "LO..HI" },
        { "order", 0, RARE, G_OPTION_ARG_STRING, &r->order,
          "Order of its colour channels: rgb (default) or bgr", "ORDER" },
        { "layout", 0, RARE, G_OPTION_ARG_STRING, &r->layout,
          "Layout of its tensors: auto (default), nchw or nhwc", "LAYOUT" },
        { "align", 0, RARE, G_OPTION_ARG_INT, &r->align,
          "Tile sizes and origins are multiples of N (default: found by trying)", "N" },
        { "luma", 0, RARE, G_OPTION_ARG_STRING, &r->luma,
          "Colour through a one-channel network: full (default) or studio luma, or each band",
          "KIND" },
        { 0 },
    };
    visit(opaque, "Network:", entries);
}

static void visit_memory(struct cli_raw *r, cli_option_visit visit, void *opaque)
{
    const GOptionEntry entries[] = {
        { "memory", 0, 0, G_OPTION_ARG_STRING, &r->memory,
          "Of the whole process, as 800M or 4G (default: free)\n"
          "A budget that nothing passes: auto is what is free", "SIZE" },
        { "device-memory", 0, RARE, G_OPTION_ARG_STRING, &r->device_memory,
          "Budget of the device's own memory, with --device (default auto: what is free there)",
          "SIZE" },
        { "threads", 0, 0, G_OPTION_ARG_INT, &r->threads, "Threads (default: one per CPU)", "N" },
        { "tile", 0, 0, G_OPTION_ARG_STRING, &r->tile,
          "Tile size in pixels, without halo (default auto)", "N|WxH" },
        { "halo", 0, RARE, G_OPTION_ARG_STRING, &r->halo,
          "Pixels of context around a tile (default auto: what is exact), or fast: what shows",
          "N|fast" },
        { "overlap", 0, RARE, G_OPTION_ARG_STRING, &r->overlap,
          "Width of the zone two tiles share and blend (default auto: 10% where they may differ)",
          "N|N%" },
        { "batch", 0, RARE, G_OPTION_ARG_STRING, &r->batch,
          "Tiles in one run of the network (default auto: several where that is faster)", "N" },
        { "blend", 0, RARE, G_OPTION_ARG_STRING, &r->blend,
          "Ramp across an overlap: auto (default), none, linear or gaussian", "RAMP" },
        { "edge", 0, RARE, G_OPTION_ARG_STRING, &r->edge,
          "Beyond the border: reflect (default), replicate, zero, or model (nothing is added)",
          "RULE" },
        { 0 },
    };
    visit(opaque, "Memory and tiles:", entries);
}

static void visit_part(struct cli_raw *r, enum cli_command command, cli_option_visit visit,
                       void *opaque)
{
    GOptionEntry entries[] = {
        { "region", 0, 0, G_OPTION_ARG_STRING, &r->region,
          "This part of the picture, as it is in the whole result", "X,Y,WxH" },
        { "nodata", 0, RARE, G_OPTION_ARG_STRING, &r->nodata,
          "Samples without data, kept: auto (as a GeoTIFF says), a value, nan or none",
          "VALUE" },
        { "mask", 0, 0, G_OPTION_ARG_FILENAME, &r->mask,
          "Restored where white, kept where black, grey blends\n"
          "A grey picture of the picture's size", "FILE" },
        { "preview", 0, 0, G_OPTION_ARG_NONE, &r->preview,
          "Of the region, or the middle: before and after\n"
          "The region, or 512 x 512 of the middle: the picture and its result, side by side",
          NULL },
        { 0 },
    };
    /* These two change nothing of a plan. */
    if (command == CLI_PLAN)
        entries[2] = (GOptionEntry){ 0 };
    visit(opaque, "Only there:", entries);
}

static void visit_batch(struct cli_raw *r, cli_option_visit visit, void *opaque)
{
    const GOptionEntry entries[] = {
        { "recursive", 'r', 0, G_OPTION_ARG_NONE, &r->recursive,
          "Folders in folders too; OUTPUT gets the same tree", NULL },
        { "include", 0, RARE, G_OPTION_ARG_STRING_ARRAY, &r->include,
          "Of folders only pictures of such names, as '*.jpg'; may be repeated", "GLOB" },
        { "exclude", 0, 0, G_OPTION_ARG_STRING_ARRAY, &r->exclude,
          "No pictures or folders of such names; may be repeated", "GLOB" },
        { "skip-existing", 0, RARE, G_OPTION_ARG_NONE, &r->skip_existing,
          "Leave out pictures whose result is there", NULL },
        { "newer", 0, 0, G_OPTION_ARG_NONE, &r->newer,
          "Leave out those whose result is not older than they are", NULL },
        { "preserve", 0, RARE, G_OPTION_ARG_NONE, &r->preserve,
          "Give each result's file the times of its picture's", NULL },
        { "dry-run", 0, 0, G_OPTION_ARG_NONE, &r->dry_run,
          "Only list what would be done, with sizes and seconds", NULL },
        { "files-from", 0, RARE, G_OPTION_ARG_FILENAME, &r->files_from,
          "More inputs, one a line or NUL-separated; - is standard input", "FILE" },
        { "resume", 0, 0, G_OPTION_ARG_NONE, &r->resume,
          "Keep finished rows: after a crash it goes on from there\n"
          "They are in OUTPUT.journal, and the same command goes on", NULL },
        { 0 },
    };
    visit(opaque, "Many pictures:", entries);
}

static void visit_output(struct cli_raw *r, cli_option_visit visit, void *opaque)
{
    const GOptionEntry entries[] = {
        { "format", 0, RARE, G_OPTION_ARG_STRING, &r->format,
          "Format of standard output, with libvips' options (default png)", "SUFFIX" },
        { "strip", 0, RARE, G_OPTION_ARG_NONE, &r->strip,
          "No metadata but the colour profile and the resolution", NULL },
        { 0 },
    };
    visit(opaque, "File of the result:", entries);
}

static void visit_plan(struct cli_raw *r, cli_option_visit visit, void *opaque)
{
    const GOptionEntry entries[] = {
        { "svg", 0, 0, G_OPTION_ARG_FILENAME, &r->svg, "Draw the plan", "FILE" },
        { 0 },
    };
    visit(opaque, "Drawing:", entries);
}

static void visit_check(struct cli_raw *r, cli_option_visit visit, void *opaque)
{
    const GOptionEntry entries[] = {
        { "crop", 0, 0, G_OPTION_ARG_INT, &r->crop,
          "Side of the square in the middle that is looked at (default 384)", "N" },
        { "heatmap", 0, 0, G_OPTION_ARG_FILENAME, &r->heatmap,
          "Write where the two differ, in colours of a scale, with the lines of tiles", "FILE" },
        { 0 },
    };
    visit(opaque, "Check:", entries);
}

void cli_option_tables(enum cli_command command, struct cli_raw *raw, cli_option_visit visit,
                       void *opaque)
{
    visit_main(raw, visit, opaque);
    if (command != CLI_CHECK)
        visit_size(raw, visit, opaque);
    visit_picture(raw, command, visit, opaque);
    visit_network(raw, visit, opaque);
    visit_memory(raw, visit, opaque);
    if (command != CLI_CHECK)
        visit_part(raw, command, visit, opaque);
    if (command == CLI_RESTORE) {
        visit_batch(raw, visit, opaque);
        visit_output(raw, visit, opaque);
    } else if (command == CLI_PLAN) {
        visit_plan(raw, visit, opaque);
    } else {
        visit_check(raw, visit, opaque);
    }
}
