#include <math.h>
#include <stdio.h>
#include <string.h>
#include <vips/vips.h>

#include "cli/sizes.h"

/* A factor above this is more likely a percentage whose sign was left out. */
#define MOST_PLAIN_SCALE 16

static bool complain(const char *option, const char *value, const char *expected)
{
    fprintf(stderr, "seamless: --%s %s: expected %s\n", option, value, expected);
    return false;
}

/* Digits up to `end`, 1 .. VIPS_MAX_COORD; nothing at all is 0. */
static bool parse_side(const char *text, const char *end, int64_t *side)
{
    char *stop;
    if (text == end) {
        *side = 0;
        return true;
    }
    *side = g_ascii_isdigit(text[0]) ? (int64_t)g_ascii_strtoull(text, &stop, 10) : 0;
    return *side >= 1 && *side <= VIPS_MAX_COORD && stop == end;
}

/* "3840x", "x2160", "3840x2160", and then "!" or "^". */
static bool parse_size(const char *text, struct seam_size *size)
{
    const char *end = text + strlen(text), *cross = strpbrk(text, "xX");
    if (end > text && end[-1] == '!')
        size->fit = SEAM_FIT_EXACT;
    else if (end > text && end[-1] == '^')
        size->fit = SEAM_FIT_FILL;
    end -= size->fit != SEAM_FIT_INSIDE;
    return (cross && parse_side(text, cross, &size->width) &&
            parse_side(cross + 1, end, &size->height) && (size->width > 0 || size->height > 0)) ||
           complain("size", text,
                    "WIDTHx, xHEIGHT or WIDTHxHEIGHT in pixels, such as 3840x2160; behind it ! "
                    "for that very size, or ^ to cover it");
}

/* A number above 0 and at most `most`, with one of the units behind it or none; *unit is its
 * place, -1 for none. */
static bool parse_number(const char *text, const char *const *units, double most, double *value,
                         int *unit)
{
    char *end;
    *value = g_ascii_isdigit(text[0]) || text[0] == '.' ? g_ascii_strtod(text, &end) : 0;
    *unit = -1;
    if (!(*value > 0 && *value <= most))
        return false;
    for (int i = 0; units && units[i]; i++)
        if (strcmp(end, units[i]) == 0)
            *unit = i;
    return *end == '\0' || *unit >= 0;
}

static bool parse_scale(const char *text, struct seam_size *size)
{
    static const char *const units[] = { "%", "x", NULL };
    int unit;
    if (!parse_number(text, units, 10000, &size->scale, &unit))
        return complain("scale", text, "a factor such as 1.5, or a percentage such as 150%");
    if (unit < 0 && size->scale > MOST_PLAIN_SCALE) {
        fprintf(stderr, "seamless: --scale %s is %s times the picture's size: write %s%% for a "
                        "percentage, or %sx if that is what is meant\n", text, text, text, text);
        return false;
    }
    size->scale /= unit == 0 ? 100 : 1;
    return true;
}

/* "30x20cm", "12x8in", "300x200mm". */
static bool parse_print(const char *text, struct seam_size *size)
{
    static const char *const units[] = { "cm", "mm", "in", NULL };
    static const double centimetres[] = { 1, 0.1, 2.54 };
    char **sides = g_strsplit(text, "x", 2);
    int none, unit = -1;
    const bool ok = sides[0] && sides[1] &&
                    parse_number(sides[0], NULL, 1e5, &size->print_width, &none) &&
                    parse_number(sides[1], units, 1e5, &size->print_height, &unit);
    g_strfreev(sides);
    if (!ok)
        return complain("print", text, "two sides of a sheet, such as 30x20cm, 12x8in or "
                                       "300x200mm");
    size->print_width *= centimetres[MAX(unit, 0)];
    size->print_height *= centimetres[MAX(unit, 0)];
    return true;
}

static bool parse_most_side(const char *text, int64_t *side)
{
    if (text[0] && parse_side(text, text + strlen(text), side))
        return true;
    fprintf(stderr, "seamless: --max-side %s: expected 1 to %d pixels\n", text, VIPS_MAX_COORD);
    return false;
}

static bool parse_passes(const char *text, int *passes)
{
    *passes = SEAM_AUTO;
    if (!text || strcmp(text, "auto") == 0)
        return true;
    *passes = text[0] - '0';
    return ((*passes == 1 || *passes == 2) && text[1] == '\0') ||
           complain("passes", text, "auto, 1 or 2");
}

/* "X,Y,WxH". */
static bool parse_region(const char *text, struct seam_region *region)
{
    char **parts = g_strsplit_set(text, ",x", 5);
    int64_t *const numbers[] = { &region->left, &region->top, &region->width, &region->height };
    bool ok = g_strv_length(parts) == 4;
    for (int i = 0; ok && i < 4; i++)
        ok = strcmp(parts[i], "0") == 0
                 ? i < 2 : parse_side(parts[i], parts[i] + strlen(parts[i]), numbers[i]) &&
                               *numbers[i] > 0;
    g_strfreev(parts);
    return ok || complain("region", text,
                          "X,Y,WIDTHxHEIGHT in pixels of the picture, such as 100,200,640x480");
}

bool cli_parse_sizes(struct cli_options *options, const struct cli_raw *raw)
{
    struct seam_size *size = &options->size;
    int none;
    if ((raw->size && !parse_size(raw->size, size)) ||
        (raw->scale && !parse_scale(raw->scale, size)) ||
        (raw->print && !parse_print(raw->print, size)) ||
        (raw->most_side && !parse_most_side(raw->most_side, &size->most_side)) ||
        (raw->region && !parse_region(raw->region, &options->region)) ||
        !parse_passes(raw->passes, &options->passes))
        return false;
    if (raw->megapixels && !parse_number(raw->megapixels, NULL, 1e6, &size->megapixels, &none))
        return complain("megapixels", raw->megapixels, "a number such as 12, of 10^6 pixels");
    if (raw->dpi && !parse_number(raw->dpi, NULL, 1e5, &size->dpi, &none))
        return complain("dpi", raw->dpi, "pixels per inch, such as 300");
    if (raw->print && !raw->dpi)
        size->dpi = 300;
    if ((raw->size != NULL) + (raw->scale != NULL) + (raw->megapixels != NULL) +
            (raw->print != NULL) > 1) {
        fprintf(stderr, "seamless: --size, --scale, --megapixels and --print each decide how large "
                        "the result is: give one of them\n");
        return false;
    }
    return true;
}
