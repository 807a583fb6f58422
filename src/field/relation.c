#include <string.h>

#include "base/common.h"
#include "field/relation.h"

bool seam_field_fail(struct seam_field *field, const char *why)
{
    field->why = why;
    return false;
}

bool seam_field_work(struct seam_field *field, int64_t steps)
{
    field->work += steps;
    return field->work <= SEAM_MAX_WORK || seam_field_fail(field, "it is too complex to analyse");
}

struct seam_relation *seam_relation_new(struct seam_field *field, int dir, int64_t period,
                                        int digits, const int64_t *radix, int64_t **lo,
                                        int64_t **hi)
{
    int64_t phases = 1;
    for (int d = 0; d < digits; d++) {
        if (radix[d] <= 0 || radix[d] > SEAM_MAX_PHASES / phases) {
            seam_field_fail(field, "its pattern repeats at too great a distance");
            return NULL;
        }
        phases *= radix[d];
    }
    if (!seam_align_demand(&field->align, dir, period)) {
        seam_field_fail(field, "its pattern repeats at too great a distance");
        return NULL;
    }
    struct seam_relation *relation = seam_arena_alloc(field->arena, 1, sizeof(*relation));
    *lo = seam_arena_alloc(field->arena, (size_t)phases, sizeof(**lo));
    *hi = seam_arena_alloc(field->arena, (size_t)phases, sizeof(**hi));
    if (!relation || !*lo || !*hi) {
        seam_field_fail(field, "there is no memory to analyse it");
        return NULL;
    }
    relation->period = period;
    relation->digits = digits;
    memcpy(relation->radix, radix, (size_t)digits * sizeof(*radix));
    relation->phases = phases;
    relation->lo = *lo;
    relation->hi = *hi;
    return relation;
}

const struct seam_relation *seam_relation_stretch(struct seam_field *field, int dir,
                                                  const struct seam_relation *relation,
                                                  int64_t factor)
{
    if (factor == 1)
        return relation;
    int64_t radix[SEAM_MAX_DIGITS], *lo, *hi;
    memcpy(radix, relation->radix, sizeof(radix));
    if (factor > SEAM_MAX_PHASES) {
        seam_field_fail(field, "its pattern repeats at too great a distance");
        return NULL;
    }
    radix[0] *= factor;
    struct seam_relation *out =
        seam_relation_new(field, dir, relation->period * factor, relation->digits, radix, &lo, &hi);
    if (!out)
        return NULL;
    /* Digit 0 is the most significant: a longer period is the old table again, further on. */
    for (int64_t i = 0; i < out->phases; i++) {
        int64_t turn = i / relation->phases, at = i % relation->phases;
        lo[i] = relation->lo[at] + turn * relation->period;
        hi[i] = relation->hi[at] + turn * relation->period;
    }
    return out;
}

const struct seam_relation *seam_relation_cut(struct seam_field *field,
                                              const struct seam_relation *relation, int digit,
                                              int64_t inner)
{
    if (relation->digits == SEAM_MAX_DIGITS) {
        seam_field_fail(field, "it is cut into too many pieces");
        return NULL;
    }
    struct seam_relation *out = seam_arena_alloc(field->arena, 1, sizeof(*out));
    if (!out) {
        seam_field_fail(field, "there is no memory to analyse it");
        return NULL;
    }
    *out = *relation;
    for (int d = out->digits++; d > digit + 1; d--)
        out->radix[d] = relation->radix[d - 1];
    out->radix[digit] = relation->radix[digit] / inner;
    out->radix[digit + 1] = inner;
    return out;
}

/* Widen [*lo, *hi] by what one relation says for the new digits `at`. */
static void merge_one(const struct seam_relation *relation, const int *map, const int64_t *at,
                      int64_t *lo, int64_t *hi)
{
    /* Digits that are free run over all values; `free_at` counts through them. */
    int64_t free_at[SEAM_MAX_DIGITS] = { 0 };
    for (;;) {
        int64_t index = 0;
        for (int d = 0; d < relation->digits; d++)
            index = index * relation->radix[d] + (map[d] < 0 ? free_at[d] : at[map[d]]);
        *lo = seam_min(*lo, relation->lo[index]);
        *hi = seam_max(*hi, relation->hi[index]);
        int d = relation->digits - 1;
        for (; d >= 0; d--) {
            if (map[d] >= 0)
                continue;
            if (++free_at[d] < relation->radix[d])
                break;
            free_at[d] = 0;
        }
        if (d < 0)
            return;
    }
}

const struct seam_relation *seam_relation_merge(struct seam_field *field, int dir, int digits,
                                                const int64_t *radix,
                                                const struct seam_relation *const relations[2],
                                                const int map[2][SEAM_MAX_DIGITS])
{
    int64_t *lo, *hi, at[SEAM_MAX_DIGITS] = { 0 };
    int64_t period = relations[0] ? relations[0]->period : relations[1]->period;
    struct seam_relation *out = seam_relation_new(field, dir, period, digits, radix, &lo, &hi);
    if (!out)
        return NULL;
    for (int64_t i = 0; i < out->phases; i++) {
        lo[i] = INT64_MAX;
        hi[i] = INT64_MIN;
        for (int k = 0; k < 2; k++)
            if (relations[k])
                merge_one(relations[k], map[k], at, &lo[i], &hi[i]);
        for (int d = digits - 1; d >= 0; d--) {
            if (++at[d] < radix[d])
                break;
            at[d] = 0;
        }
    }
    return out;
}
