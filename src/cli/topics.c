/* seamless help TOPIC: what no single option explains. */
#include <stdio.h>
#include <string.h>

#include "base/near.h"
#include "cli/cli.h"

static const struct topic {
    const char *name, *purpose, *text;
} topics[] = {
    { "memory", "how much is taken, and what to do where it is too little",
      "--memory SIZE is a budget of the whole process: engine, network, rows, decoder and\n"
      "encoder. Without it the budget is what is free. 'seamless plan' says how much a\n"
      "picture takes, and of what that is made; a run that would pass its budget is refused\n"
      "before it begins, with the number that would do.\n"
      "\n"
      "Pictures pass through row by row, so that the height of one costs nothing. What holds\n"
      "whole pictures is the coding of some formats: WebP, JPEG XL, HEIC and AVIF while they\n"
      "are written; TIFF, PNG and JPEG go by rows.\n"
      "\n"
      "  seamless plan scan.tif                          what it takes, by its parts\n"
      "  seamless restore --memory 800M scan.tif out.tif\n"
      "\n"
      "Too little? Write .tif; use fewer --threads; let --engine auto choose rows instead of\n"
      "tiles; take a smaller network, such as denoise-fast.\n" },
    { "tiles", "rows, tiles, halo and overlap",
      "The native engine streams rows through networks of convolutions: there is no tile and\n"
      "no halo. Other networks, other engines, and --tile, go by tiles. A tile is loaded with\n"
      "a halo around it, as wide as the network sees, and the halo is cut off what comes out:\n"
      "what is left is what a run over the whole picture would give.\n"
      "\n"
      "Where no halo is enough (some networks look at the whole picture) tiles overlap, and\n"
      "are blended over --overlap. --halo fast takes as much context as shows on this\n"
      "picture.\n"
      "\n"
      "  seamless plan photo.jpg --svg plan.svg          draws them\n"
      "  seamless check -m net.onnx photo.jpg            compares tiles with one piece\n" },
    { "exactness", "what 'exact: bits' promises",
      "Each plan says how exact it is, before anything is run:\n"
      "\n"
      "  bits      the result is that of one run over the whole picture, to the last bit, on this\n"
      "            engine and machine, for any tile size, number of threads and budget\n"
      "  numeric   it differs by rounding alone, about one part in a million\n"
      "  no        the network sees the whole picture, as no tile can: tiles are blended\n"
      "\n"
      "'seamless info MODEL' says which, and which node forbids more; 'seamless check' proves\n"
      "it on a picture of yours.\n" },
    { "sizes", "the size of the result",
      "The network has a scale of its own: upscale2x doubles both sides, denoise keeps them.\n"
      "What it makes is brought to any size in linear light:\n"
      "\n"
      "  --size 3840x2160   as large as goes into that box; ! that very size; ^ covers it\n"
      "  --size 3840x       so wide; --size x2160 so high\n"
      "  --scale 150%       result over picture, along a side\n"
      "  --megapixels 12, --max-side 4000, --print 30x20cm --dpi 300\n"
      "\n"
      "Where a network enlarges too little for that, the picture goes through it twice,\n"
      "unless --passes 1 says otherwise. --region X,Y,WxH restores a part alone, as it is in\n"
      "the whole result.\n" },
    { "folders", "many pictures at once",
      "An INPUT may be a folder; -r takes the folders in it too, and OUTPUT gets the same\n"
      "tree. OUTPUT is a folder, or a name in which {name}, {ext}, {model}, {scale}, {width}\n"
      "and {height} stand for each picture's own.\n"
      "\n"
      "  seamless restore -r photos/ restored/\n"
      "  seamless restore photos/ 'restored/{name}_{scale}x.jpg'\n"
      "  seamless restore -r --newer --exclude '*_old*' photos/ restored/\n"
      "  seamless restore -r --dry-run photos/ restored/      only lists what would be done\n"
      "\n"
      "--skip-existing and --newer leave out what is there. With --resume a batch that was\n"
      "cut goes on with the picture, and the row, at which it ended. A picture that fails\n"
      "does not stop the rest. --json prints an object for each, whatever became of it.\n"
      "\n"
      "Where standard error is no terminal, a line a minute tells how far it is;\n"
      "SEAMLESS_LOG_SECONDS in the environment sets another interval.\n" },
    { "colour", "profiles, wide gamut, linear light",
      "Networks are trained on sRGB. A picture of another profile (Display P3, Adobe RGB,\n"
      "ProPhoto, linear ones, grey) is converted for the network, in floats and without\n"
      "clipping, and the result is of that profile again. --colour keep gives the network\n"
      "what is stored.\n"
      "\n"
      "  - A profile of tables cannot be undone: the network sees what is stored, with a notice.\n"
      "  - CMYK and Lab become sRGB, with a notice.\n"
      "  - Linear light (OpenEXR, Radiance, linear profiles) is encoded for the network, and\n"
      "    decoded behind it; --transfer says so where the file does not.\n"
      "  - Display P3 by number (cICP of PNG, nclx of HEIF and AVIF) is that profile. What HDR\n"
      "    pictures and others say so, or by a gain map, is not read: a notice tells of it.\n" },
    { "networks", "which networks run, and where to put them",
      "Built in: 'seamless models' lists them. -m auto, the default, looks at each picture\n"
      "and takes denoise, deblock, or neither.\n"
      "\n"
      "Your own: -m FILE reads ONNX, PyTorch (.pth, .pt, .ckpt), safetensors, ncnn (.param\n"
      "with .bin), darktable's .dtmodel, or a folder that holds one. Nothing in them is run\n"
      "but the network. 'seamless info FILE' says what is known of it, and why it cannot be\n"
      "used.\n"
      "\n"
      "Black, grey or strange colours mean that a network wants other values than it got:\n"
      "\n"
      "  --range 0..255, --range -1..1      what is black and white to it\n"
      "  --order bgr                        blue comes first\n"
      "  --input sigma=0.1                  a number that it takes beside the picture\n"
      "  --luma each                        a network of one channel runs on each band\n" },
    { "formats", "files that are read and written",
      "Anything that libvips reads and writes; 'seamless --version' lists the formats of this\n"
      "machine. The name of OUTPUT tells its format, and options stand in brackets:\n"
      "\n"
      "  'out.jpg[Q=85]'   'out.tif[compression=zstd,tile,pyramid]'   'out.png[compression=9]'\n"
      "\n"
      "Depth, profile, metadata, alpha and pages are kept where the format holds them; what\n"
      "it does not hold is told. JPEG and WebP are written at quality 95, HEIC and AVIF at\n"
      "80. A TIFF that becomes a TIFF is compressed as it was, without loss.\n"
      "\n"
      "- stands for standard input or output; --format tells the format of that output.\n" },
};

void cli_topics_list(FILE *to)
{
    for (size_t i = 0; i < G_N_ELEMENTS(topics); i++)
        fprintf(to, "  %-11s %s\n", topics[i].name, topics[i].purpose);
}

const char *cli_topic_name(size_t i)
{
    return i < G_N_ELEMENTS(topics) ? topics[i].name : NULL;
}

bool cli_topic_print(const char *name)
{
    for (size_t i = 0; i < G_N_ELEMENTS(topics); i++)
        if (strcmp(topics[i].name, name) == 0) {
            fputs(topics[i].text, stdout);
            return true;
        }
    return false;
}

const char *cli_topic_near(const char *name)
{
    const char *names[G_N_ELEMENTS(topics) + 1] = { NULL };
    for (size_t i = 0; i < G_N_ELEMENTS(topics); i++)
        names[i] = topics[i].name;
    return seam_near(name, names);
}
