/* One axis of a fact as a single sequence of samples: what convolutions and crops work on. */
#include <stdlib.h>
#include <string.h>

#include "base/common.h"
#include "field/relation.h"

/* Nothing real reaches further than this, in pixels. */
#define REACH_LIMIT ((int64_t)1 << 40)

int64_t seam_line_lo(const struct seam_line *line, int64_t at)
{
    return seam_floor_div(at, line->phases) * line->period +
           line->lo[seam_floor_mod(at, line->phases)];
}

int64_t seam_line_hi(const struct seam_line *line, int64_t at)
{
    return seam_floor_div(at, line->phases) * line->period +
           line->hi[seam_floor_mod(at, line->phases)];
}

bool seam_line_rest(struct seam_field *field, const struct seam_line *line, int64_t *rest)
{
    struct seam_sym scaled =
        seam_sym_mul(seam_field_side(field, line->dir), seam_sym_ratio(line->phases, line->period));
    if (!seam_sym_whole(seam_sym_sub(line->size, scaled), rest) || llabs(*rest) > REACH_LIMIT)
        return seam_field_fail(field, "its size does not follow the picture's");
    return true;
}

bool seam_line_edges(struct seam_field *field, struct seam_fact *fact, const struct seam_line *line,
                     int64_t before, int64_t after)
{
    int dir = line->dir;
    /* The interval of an invented sample must leave the part of the picture where the rule
     * holds; where it does not, that part shrinks. */
    for (int64_t at = 1; at <= seam_min(before, line->phases); at++)
        fact->edge_lo[dir] = seam_max(fact->edge_lo[dir], seam_line_lo(line, -at) + 1);
    if (after <= 0)
        return true;
    int64_t rest;
    if (!seam_line_rest(field, line, &rest))
        return false;
    for (int64_t at = 0; at < seam_min(after, line->phases); at++)
        fact->edge_hi[dir] = seam_max(fact->edge_hi[dir], -seam_line_hi(line, rest + at));
    return true;
}

/* The digits of direction `dir` that belong to the atoms [first, first + count), or (`inside`
 * false) to all others. */
static void mark_digits(const struct seam_fact *fact, int dir, int first, int count, bool inside,
                        bool *drop)
{
    for (int i = 0; i < fact->n_atoms; i++)
        if (fact->atoms[i].digit[dir] >= 0 && (i >= first && i < first + count) == inside)
            drop[fact->atoms[i].digit[dir]] = true;
}

/* Merge away the marked digits; `atoms` is a private copy of the fact's. */
static bool forget(struct seam_field *field, struct seam_fact *fact, struct seam_atom *atoms,
                   int dir, const bool *drop)
{
    const struct seam_relation *const pair[2] = { fact->relation[dir], NULL };
    int map[2][SEAM_MAX_DIGITS], n = 0;
    int64_t radix[SEAM_MAX_DIGITS];
    if (!pair[0])
        return true;
    for (int d = 0; d < pair[0]->digits; d++) {
        map[0][d] = drop[d] ? -1 : n;
        if (!drop[d])
            radix[n++] = pair[0]->radix[d];
    }
    if (n < pair[0]->digits)
        fact->relation[dir] =
            seam_relation_merge(field, dir, n, radix, pair, (const int(*)[SEAM_MAX_DIGITS])map);
    for (int i = 0; i < fact->n_atoms; i++)
        if (atoms[i].digit[dir] >= 0)
            atoms[i].digit[dir] = map[0][atoms[i].digit[dir]];
    return fact->relation[dir] != NULL;
}

/* The tables of the line from the relation whose digits all lie on this axis now. */
static bool unroll(struct seam_field *field, const struct seam_fact *fact, int first, int count,
                   struct seam_line *line)
{
    const struct seam_relation *relation = fact->relation[line->dir];
    int64_t size[SEAM_MAX_ATOMS] = { relation->radix[0] }, phases = relation->radix[0];
    for (int i = 1; i < count; i++) {
        if (!seam_sym_whole(fact->atoms[first + i].size, &size[i]) || size[i] <= 0 ||
            size[i] > SEAM_MAX_PHASES / phases)
            return seam_field_fail(field, "its pattern repeats at too great a distance");
        phases *= size[i];
    }
    line->period = relation->period;
    line->phases = phases;
    line->lo = seam_arena_alloc(field->arena, (size_t)phases, sizeof(*line->lo));
    line->hi = seam_arena_alloc(field->arena, (size_t)phases, sizeof(*line->hi));
    if (!line->lo || !line->hi)
        return seam_field_fail(field, "there is no memory to analyse it");

    for (int64_t phase = 0; phase < phases; phase++) {
        int64_t at[SEAM_MAX_DIGITS] = { 0 }, rest = phase, index = 0;
        for (int i = count - 1; i >= 0; i--) {
            int digit = fact->atoms[first + i].digit[line->dir];
            if (digit >= 0)
                at[digit] = rest % size[i];
            rest /= size[i];
        }
        for (int d = 0; d < relation->digits; d++)
            index = index * relation->radix[d] + at[d];
        line->lo[phase] = relation->lo[index];
        line->hi[phase] = relation->hi[index];
    }
    return true;
}

bool seam_line_take(struct seam_field *field, struct seam_fact *fact, int axis,
                    struct seam_line *line)
{
    int count, first = seam_fact_axis(fact, axis, &count);
    while (count && fact->atoms[first].line < 0 && seam_sym_is(fact->atoms[first].size, 1)) {
        first++;
        count--;
    }
    if (!count || fact->atoms[first].line < 0)
        return seam_field_fail(field, "it interleaves distant parts of the picture");
    for (int i = first + 1; i < first + count; i++)
        if (fact->atoms[i].line >= 0)
            return seam_field_fail(field, "it takes the picture as one long row");
    line->dir = fact->atoms[first].line;
    line->size = fact->dims[axis];

    struct seam_atom *atoms = seam_arena_alloc(field->arena, (size_t)fact->n_atoms, sizeof(*atoms));
    if (!atoms)
        return seam_field_fail(field, "there is no memory to analyse it");
    memcpy(atoms, fact->atoms, (size_t)fact->n_atoms * sizeof(*atoms));
    for (int dir = 0; dir < 2; dir++) {
        bool drop[SEAM_MAX_DIGITS] = { false };
        mark_digits(fact, dir, first, count, dir != line->dir, drop);
        if (!forget(field, fact, atoms, dir, drop))
            return false;
    }
    fact->atoms = atoms;
    return unroll(field, fact, first, count, line);
}

/* The same line over the shortest period that says all. */
static void line_reduce(struct seam_line *line)
{
    for (int64_t f = seam_gcd(line->period, line->phases); f > 1; f--) {
        if (line->period % f || line->phases % f)
            continue;
        int64_t step = line->phases / f, shift = line->period / f;
        bool same = true;
        for (int64_t i = 0; same && i + step < line->phases; i++)
            same = line->lo[i + step] == line->lo[i] + shift &&
                   line->hi[i + step] == line->hi[i] + shift;
        if (same) {
            line->phases = step;
            line->period = shift;
            return;
        }
    }
}

bool seam_line_put(struct seam_field *field, struct seam_fact *fact, int axis,
                   const struct seam_line *line)
{
    struct seam_line shortest = *line;
    line_reduce(&shortest);
    int64_t *lo, *hi;
    struct seam_relation *relation =
        seam_relation_new(field, line->dir, shortest.period, 1, &shortest.phases, &lo, &hi);
    if (!relation)
        return false;
    for (int64_t i = 0; i < shortest.phases; i++) {
        lo[i] = shortest.lo[i];
        hi[i] = shortest.hi[i];
        if (llabs(lo[i]) > REACH_LIMIT || llabs(hi[i]) > REACH_LIMIT)
            return seam_field_fail(field, "it reaches too far");
    }
    struct seam_atom *atoms =
        seam_arena_alloc(field->arena, (size_t)fact->n_atoms + 1, sizeof(*atoms));
    if (!atoms)
        return seam_field_fail(field, "there is no memory to analyse it");
    int count, first = seam_fact_axis(fact, axis, &count), n = 0;
    for (int i = 0; i < first; i++)
        atoms[n++] = fact->atoms[i];
    atoms[n] = (struct seam_atom){
        .size = line->size, .axis = axis, .line = line->dir, .digit = { -1, -1 }
    };
    atoms[n++].digit[line->dir] = 0;
    for (int i = first + count; i < fact->n_atoms; i++)
        atoms[n++] = fact->atoms[i];
    fact->atoms = atoms;
    fact->n_atoms = n;
    fact->dims[axis] = line->size;
    fact->relation[line->dir] = relation;
    return true;
}
