#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/common.h"
#include "base/log.h"
#include "engine/sums.h"

/* Bits of a whole number that one of its digits stands for; the rest of an int64_t has room for
 * what is added before it is carried. */
#define DIGIT 16
/* Squares of floats are whole numbers of 556 bits. */
#define DIGITS 38
/* Samples that are added at most between two carries: two parts of a square, of up to 39 bits. */
#define MOST_ADDED (1 << 22)

/* One number that is found of the picture. */
struct slot {
    int64_t plain[DIGITS];  /* in units of the smallest float, 2^-149 */
    int64_t square[DIGITS]; /* in units of its square */
    int64_t added; /* since they were carried */
    float most, least;
    bool bad; /* a sample was no number */
};

struct reduced {
    const struct seam_cut *cut;
    struct slot *slots; /* cut->count */
    float *known[2];
    int64_t taken; /* samples, of each slot */
};

struct seam_sums {
    struct reduced *all;
    size_t count;
};

void seam_sums_close(struct seam_sums **sums)
{
    struct seam_sums *s = *sums;
    *sums = NULL;
    if (!s)
        return;
    for (size_t i = 0; s->all && i < s->count; i++) {
        free(s->all[i].slots);
        free(s->all[i].known[0]);
        free(s->all[i].known[1]);
    }
    free(s->all);
    free(s);
}

enum seam_result seam_sums_open(struct seam_sums **sums, const struct seam_cut *cuts, size_t count,
                                struct seam_log *log)
{
    struct seam_sums *s = calloc(1, sizeof(*s));
    bool ok = s != NULL;
    *sums = NULL;
    if (ok)
        s->all = calloc(count + 1, sizeof(*s->all));
    ok = ok && s->all;
    for (size_t i = 0; ok && i < count; i++) {
        struct reduced *r = &s->all[s->count++];
        const size_t n = (size_t)cuts[i].count;
        r->cut = &cuts[i];
        r->slots = calloc(n, sizeof(*r->slots));
        r->known[0] = calloc(n, sizeof(float));
        r->known[1] = calloc(n, sizeof(float));
        ok = r->slots && r->known[0] && r->known[1];
    }
    if (!ok) {
        seam_sums_close(&s);
        return seam_log_fail(log, SEAM_ERROR_MEMORY, "no memory for what is summed up of pictures");
    }
    *sums = s;
    return SEAM_OK;
}

void seam_sums_clear(struct seam_sums *s, int pass)
{
    for (size_t i = 0; i < s->count; i++) {
        struct reduced *r = &s->all[i];
        if (r->cut->pass != pass)
            continue;
        memset(r->slots, 0, (size_t)r->cut->count * sizeof(*r->slots));
        r->taken = 0;
        for (int64_t k = 0; k < r->cut->count; k++) {
            r->slots[k].most = -INFINITY;
            r->slots[k].least = INFINITY;
        }
    }
}

/* ------------------------------------------------------------------------------------------------
 * Whole numbers
 * --------------------------------------------------------------------------------------------- */

static void carry(int64_t digits[static DIGITS])
{
    int64_t over = 0;
    for (int i = 0; i < DIGITS - 1; i++) {
        const int64_t all = digits[i] + over;
        const int64_t digit = (int64_t)((uint64_t)all & ((1u << DIGIT) - 1));
        digits[i] = digit;
        over = (all - digit) / (1 << DIGIT);
    }
    digits[DIGITS - 1] += over;
}

/* Its digits carried: from the highest down nothing is lost but below the last bits of a double. */
static double value(const int64_t digits[static DIGITS], int unit)
{
    double sum = 0;
    for (int i = DIGITS; i-- > 0;)
        sum += ldexp((double)digits[i], unit + DIGIT * i);
    return sum;
}

static void carry_slot(struct slot *slot)
{
    carry(slot->plain);
    carry(slot->square);
    slot->added = 0;
}

/* A float apart: its 24 bits, and where the lowest of them stands above the smallest float's. */
static inline bool split(float v, uint32_t *bits, uint32_t *place, bool *negative)
{
    uint32_t all;
    memcpy(&all, &v, sizeof(all));
    const uint32_t exponent = all >> 23 & 255;
    *negative = all >> 31;
    *bits = (all & 0x7fffff) | (exponent ? 1u << 23 : 0);
    *place = exponent ? exponent - 1 : 0;
    return exponent != 255;
}

static inline void add(int64_t digits[static DIGITS], uint32_t bits, uint32_t place, bool negative)
{
    const int64_t shifted = (int64_t)((uint64_t)bits << place % DIGIT);
    digits[place / DIGIT] += negative ? -shifted : shifted;
}

static inline void add_square(int64_t digits[static DIGITS], uint32_t bits, uint32_t place)
{
    const uint64_t square = (uint64_t)bits * bits;
    add(digits, (uint32_t)(square & 0xffffff), 2 * place, false);
    add(digits, (uint32_t)(square >> 24), 2 * place + 24, false);
}

/* ------------------------------------------------------------------------------------------------
 * Taking
 * --------------------------------------------------------------------------------------------- */

static inline void take_one(struct slot *slot, enum seam_cut_kind kind, float v)
{
    uint32_t bits, place;
    bool negative;
    if (!split(v, &bits, &place, &negative)) {
        slot->bad = true;
        return;
    }
    switch (kind) {
    case SEAM_CUT_MOST: slot->most = v > slot->most ? v : slot->most; return;
    case SEAM_CUT_LEAST: slot->least = v < slot->least ? v : slot->least; return;
    case SEAM_CUT_SUM_ABS: add(slot->plain, bits, place, false); break;
    case SEAM_CUT_SUM_SQUARES:
    case SEAM_CUT_LENGTH: add_square(slot->square, bits, place); break;
    case SEAM_CUT_MOMENTS: add_square(slot->square, bits, place); /* fall through */
    case SEAM_CUT_MEAN:
    case SEAM_CUT_SUM: add(slot->plain, bits, place, negative); break;
    }
    if (++slot->added == MOST_ADDED)
        carry_slot(slot);
}

/* One tensor that threads share, each with slots of its own. */
struct take {
    const struct reduced *reduced;
    const float *tensor;
    int threads;
    int64_t begin[SEAM_MAX_ATOMS], end[SEAM_MAX_ATOMS]; /* of each part, what is taken */
    int64_t stride[SEAM_MAX_ATOMS]; /* samples from one of its elements to the next */
    int64_t slot[SEAM_MAX_ATOMS];   /* likewise slots */
};

/* The last part, at `at`, for slots first .. last - 1. */
static void take_run(const struct take *t, int64_t at, int64_t slot, int64_t first, int64_t last)
{
    const struct seam_cut *cut = t->reduced->cut;
    const int part = cut->n_parts - 1;
    int64_t begin = t->begin[part], end = t->end[part];
    const int64_t step = t->slot[part];
    if (step) {
        begin = seam_max(begin, first - slot);
        end = seam_min(end, last - slot);
    } else if (slot < first || slot >= last) {
        return;
    }
    for (int64_t i = begin; i < end; i++)
        take_one(&t->reduced->slots[slot + i * step], cut->kind, t->tensor[at + i]);
}

static void take_slots(const struct take *t, int64_t first, int64_t last)
{
    const int n = t->reduced->cut->n_parts - 1;
    int64_t index[SEAM_MAX_ATOMS], at = 0, slot = 0;
    for (int i = 0; i < n; i++) {
        index[i] = t->begin[i];
        at += index[i] * t->stride[i];
        slot += index[i] * t->slot[i];
        if (t->begin[i] >= t->end[i])
            return;
    }
    for (;;) {
        take_run(t, at, slot, first, last);
        int i = n - 1;
        for (; i >= 0; i--) {
            at += t->stride[i];
            slot += t->slot[i];
            if (++index[i] < t->end[i])
                break;
            at -= (t->end[i] - t->begin[i]) * t->stride[i];
            slot -= (t->end[i] - t->begin[i]) * t->slot[i];
            index[i] = t->begin[i];
        }
        if (i < 0)
            return;
    }
}

static void take_share(void *opaque, int i)
{
    const struct take *t = opaque;
    const int64_t count = t->reduced->cut->count;
    take_slots(t, count * i / t->threads, count * (i + 1) / t->threads);
}

void seam_sums_take(struct seam_sums *s, size_t i, const float *tensor, const int64_t size[2],
                    const struct seam_span own[2], struct seam_crew *crew)
{
    struct reduced *r = &s->all[i];
    struct take t = { .reduced = r, .tensor = tensor, .threads = seam_crew_size(crew) };
    int64_t stride = 1, slot = 1, samples = 1;
    for (int k = r->cut->n_parts; k-- > 0;) {
        const struct seam_cut_part *part = &r->cut->parts[k];
        const int64_t length = part->line < 0 ? part->size : size[part->line];
        t.begin[k] = part->line < 0 ? 0 : own[part->line].begin;
        t.end[k] = part->line < 0 ? length : own[part->line].end;
        t.stride[k] = stride;
        t.slot[k] = part->summed ? 0 : slot;
        stride *= length;
        slot *= part->summed ? 1 : length;
        samples *= part->summed ? seam_max(t.end[k] - t.begin[k], 0) : 1;
    }
    r->taken += samples;
    seam_crew_run(crew, take_share, &t);
}

/* ------------------------------------------------------------------------------------------------
 * What is found
 * --------------------------------------------------------------------------------------------- */

static void finish_slot(const struct reduced *r, int64_t k)
{
    struct slot *slot = &r->slots[k];
    const double n = (double)r->taken;
    carry_slot(slot);
    const double sum = value(slot->plain, -149), squares = value(slot->square, -298);
    double found = sum;
    switch (r->cut->kind) {
    case SEAM_CUT_MEAN:
    case SEAM_CUT_MOMENTS: found = sum / n; break;
    case SEAM_CUT_SUM:
    case SEAM_CUT_SUM_ABS: break;
    case SEAM_CUT_SUM_SQUARES: found = squares; break;
    case SEAM_CUT_LENGTH: found = sqrt(squares); break;
    case SEAM_CUT_MOST: found = (double)slot->most; break;
    case SEAM_CUT_LEAST: found = (double)slot->least; break;
    }
    const double variance = fmax((squares - sum * (sum / n)) / n, 0);
    slot->bad |= !(fabs(found) <= FLT_MAX);
    r->known[0][k] = slot->bad ? 0 : (float)found;
    r->known[1][k] = variance <= FLT_MAX ? (float)variance : FLT_MAX;
}

enum seam_result seam_sums_finish(struct seam_sums *s, int pass, struct seam_log *log)
{
    for (size_t i = 0; i < s->count; i++) {
        const struct reduced *r = &s->all[i];
        for (int64_t k = 0; r->cut->pass == pass && k < r->cut->count; k++) {
            finish_slot(r, k);
            if (r->slots[k].bad)
                return seam_log_fail(log, SEAM_ERROR_NOT_FINITE, SEAM_SUM_NOT_FINITE,
                                     "the network", r->cut->name);
        }
    }
    return SEAM_OK;
}

const float *seam_sums_known(const struct seam_sums *s, size_t i, int part)
{
    return s->all[i].known[part];
}
