/* After ICC.1:2022, sections 7.2, 10.6 and 10.18. */
#include <stdint.h>
#include <string.h>

#include "base/common.h"
#include "files/profile.h"
#include "files/sniff.h"

#define HEAD 128
#define MOST_TAGS 256
/* How far a curve of points may be off the straight line, of 65535. */
#define STRAIGHT 66

int seam_profile_colours(const void *data, size_t size)
{
    static const struct {
        char space[5];
        int colours;
    } spaces[] = { { "GRAY", 1 }, { "RGB ", 3 }, { "Lab ", 3 }, { "XYZ ", 3 }, { "YCbr", 3 },
                   { "Luv ", 3 }, { "HSV ", 3 }, { "HLS ", 3 }, { "CMY ", 3 }, { "3CLR", 3 },
                   { "CMYK", 4 }, { "4CLR", 4 }, { "2CLR", 2 }, { "5CLR", 5 }, { "6CLR", 6 },
                   { "7CLR", 7 }, { "8CLR", 8 } };
    const char *at = data;
    for (size_t i = 0; size >= HEAD && i < SEAM_ARRAY_LEN(spaces); i++)
        if (memcmp(at + 16, spaces[i].space, 4) == 0)
            return spaces[i].colours;
    return 0;
}

static bool points_are_straight(const unsigned char *at, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        const int64_t line = (int64_t)i * 65535 / (count - 1), v = seam_be16(at + 2 * (size_t)i);
        if (v > line + STRAIGHT || v < line - STRAIGHT)
            return false;
    }
    return true;
}

/* Identity, gamma 1, or points of it. */
static bool is_straight(const unsigned char *at, size_t size)
{
    if (size < 12)
        return false;
    if (memcmp(at, "para", 4) == 0)
        return size >= 16 && seam_be16(at + 8) == 0 && seam_be32(at + 12) == 0x10000;
    const uint32_t count = seam_be32(at + 8);
    if (memcmp(at, "curv", 4) != 0 || count > (size - 12) / 2)
        return false;
    return count == 0 || (count == 1 && seam_be16(at + 12) == 0x100) ||
           (count > 1 && points_are_straight(at + 12, count));
}

bool seam_profile_is_linear(const void *data, size_t size)
{
    const unsigned char *at = data;
    const uint32_t tags = size >= HEAD + 4 ? seam_be32(at + HEAD) : 0;
    int curves = 0, straight = 0;
    for (uint32_t i = 0; i < tags && i < MOST_TAGS && HEAD + 16 + 12 * (size_t)i <= size; i++) {
        const unsigned char *tag = at + HEAD + 4 + 12 * (size_t)i;
        const size_t from = seam_be32(tag + 4), length = seam_be32(tag + 8);
        if (memcmp(tag + 1, "TRC", 3) != 0 || !strchr("rgbk", tag[0]) || tag[0] == 0)
            continue;
        curves++;
        straight += from <= size && length <= size - from && is_straight(at + from, length);
    }
    return curves > 0 && curves == straight;
}
