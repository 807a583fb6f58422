/*
 * Two facts met element by element, broadcast together: the heart of arithmetic, and, with axes of
 * size 1 put in, of matrix products.
 */
#include <string.h>

#include "field/atoms.h"
#include "base/common.h"
#include "field/relation.h"

static bool is_one(struct seam_sym size)
{
    return seam_sym_is(size, 1);
}

/* One of the two operands of a join. */
struct side {
    struct seam_fact fact;
    struct seam_atoms atoms;
    int map[2][SEAM_MAX_DIGITS]; /* [dir][digit]: digit of the result */
};

static bool side_init(struct seam_field *field, struct side *side, const struct seam_fact *fact,
                      int rank)
{
    side->fact = *fact;
    seam_atoms_of(&side->atoms, fact);
    int shift = rank - fact->rank;
    for (int i = 0; i < side->atoms.n; i++)
        side->atoms.at[i].axis += shift;
    for (int i = 0; i < rank; i++)
        side->fact.dims[i] = i < shift ? seam_sym_const(1) : fact->dims[i - shift];
    for (int i = 0; fact->uniform && i < side->atoms.n; i++)
        side->atoms.at[i].even = true;
    return seam_atoms_drop_ones(field, &side->fact, &side->atoms);
}

/* Two atoms of equal size that run together. */
static bool join_pair(struct seam_field *field, const struct side *a, const struct seam_atom *x,
                      const struct side *b, const struct seam_atom *y)
{
    if (x->line == y->line || x->even || y->even)
        return true;
    if (x->line >= 0 && y->line >= 0)
        return seam_field_fail(field, "it mixes rows with columns");
    const struct side *fixed = x->line >= 0 ? b : a;
    if (seam_depends(&fixed->fact))
        return seam_field_fail(field, "it mixes the picture with a part of fixed size");
    return seam_field_fail(field, "it adds a table of values for each position");
}

/* Whether it is a whole number for every size that the alignment leaves. */
static bool is_whole(struct seam_sym s, const struct seam_align *align)
{
    return s.h * align->side[0] % s.den == 0 && s.w * align->side[1] % s.den == 0 &&
           s.hw * align->side[0] % s.den * align->side[1] % s.den == 0 && s.c % s.den == 0;
}

/* An atom whose elements are all equal can be cut anywhere, also by a size that is not fixed. */
static bool cut_even(const struct seam_field *field, struct seam_atoms *atoms, int index,
                     struct seam_sym outer)
{
    struct seam_atom *atom = &atoms->at[index];
    struct seam_sym inner = seam_sym_div(atom->size, outer);
    if (!atom->even || atom->digit[0] >= 0 || atom->digit[1] >= 0 || !seam_sym_known(inner) ||
        atoms->n == SEAM_MAX_ATOMS || !is_whole(inner, &field->align) ||
        seam_sym_sign(inner) != 1)
        return false;
    memmove(atom + 1, atom, (size_t)(atoms->n++ - index) * sizeof(*atom));
    atom[0].size = outer;
    atom[1].size = inner;
    return true;
}

/* Atom i of a and atom k of b, both of one axis, made equally long. */
static bool join_match(struct seam_field *field, struct side *a, int i, struct side *b, int k)
{
    int64_t num, den;
    struct seam_sym x = a->atoms.at[i].size, y = b->atoms.at[k].size;
    if (seam_sym_equal(x, y))
        return true;
    if (cut_even(field, &a->atoms, i, y) || cut_even(field, &b->atoms, k, x))
        return true;
    if (!seam_sym_quotient(x, y, &num, &den) || (num != 1 && den != 1) || num < 1)
        return seam_field_fail(field, "its inputs follow the picture's size in different ways");
    return den == 1 ? seam_atoms_cut(field, &a->fact, &a->atoms, i, num)
                    : seam_atoms_cut(field, &b->fact, &b->atoms, k, den);
}

/* The result's atom for x and y (one of them may be NULL), and where their digits go. */
static bool join_emit(struct seam_field *field, struct side *a, const struct seam_atom *x,
                      struct side *b, const struct seam_atom *y, struct seam_atoms *out,
                      int *digits, int64_t radix[2][SEAM_MAX_DIGITS])
{
    const struct seam_atom *one = x ? x : y, *other = y ? y : x;
    struct seam_atom atom = one->line >= 0 ? *one : *other;
    atom.even = one->even && other->even;
    for (int dir = 0; dir < 2; dir++) {
        int da = x ? x->digit[dir] : -1, db = y ? y->digit[dir] : -1;
        atom.digit[dir] = -1;
        if (da < 0 && db < 0)
            continue;
        int to = atom.line == dir ? 0 : digits[dir]++;
        if (to == SEAM_MAX_DIGITS)
            return seam_field_fail(field, "it is cut into too many pieces");
        atom.digit[dir] = to;
        if (da >= 0) {
            a->map[dir][da] = to;
            radix[dir][to] = a->fact.relation[dir]->radix[da];
        }
        if (db >= 0) {
            b->map[dir][db] = to;
            radix[dir][to] = b->fact.relation[dir]->radix[db];
        }
    }
    return seam_atoms_add(field, out, atom);
}

/* One axis of the result, from the atoms that both operands have left at *i and *k. */
static bool join_axis(struct seam_field *field, struct side *a, struct side *b, int axis, int *i,
                      int *k, struct seam_atoms *out, int *digits,
                      int64_t radix[2][SEAM_MAX_DIGITS])
{
    int before = out->n;
    for (;;) {
        bool more_a = *i < a->atoms.n && a->atoms.at[*i].axis == axis;
        bool more_b = *k < b->atoms.n && b->atoms.at[*k].axis == axis;
        if (!more_a && !more_b)
            break;
        /* Where only one goes on, the other must be broadcast over all of this axis. */
        const struct side *ended = more_a ? b : a;
        if (more_a != more_b && !is_one(ended->fact.dims[axis]))
            return seam_field_fail(field, "its inputs follow the picture's size in different ways");
        struct seam_atom *x = NULL, *y = NULL;
        if (more_a && more_b && !join_match(field, a, *i, b, *k))
            return false;
        x = more_a ? &a->atoms.at[*i] : NULL;
        y = more_b ? &b->atoms.at[*k] : NULL;
        if (x && y && !join_pair(field, a, x, b, y))
            return false;
        if (!join_emit(field, a, x, b, y, out, digits, radix))
            return false;
        *i += more_a;
        *k += more_b;
    }
    if (out->n == before)
        return seam_atoms_add(field, out, seam_atom_plain(axis, seam_sym_const(1)));
    return true;
}

static bool join_relation(struct seam_field *field, struct side *a, struct side *b, int dir,
                          int digits, int64_t *radix, struct seam_fact *out)
{
    const struct seam_relation *ra = a->fact.relation[dir], *rb = b->fact.relation[dir];
    if (!ra && !rb)
        return true;
    if (ra && rb && ra->radix[0] * rb->period != rb->radix[0] * ra->period)
        return seam_field_fail(field, "its inputs are scaled differently");
    const struct seam_relation *const pair[2] = { ra, rb };
    int both[2][SEAM_MAX_DIGITS];
    memcpy(both[0], a->map[dir], sizeof(both[0]));
    memcpy(both[1], b->map[dir], sizeof(both[1]));
    out->relation[dir] =
        seam_relation_merge(field, dir, digits, radix, pair, (const int(*)[SEAM_MAX_DIGITS])both);
    return out->relation[dir] != NULL;
}

/* Bring both operands to one period in each direction. */
static bool join_periods(struct seam_field *field, struct side *a, struct side *b)
{
    for (int dir = 0; dir < 2; dir++) {
        const struct seam_relation **ra = &a->fact.relation[dir], **rb = &b->fact.relation[dir];
        if (!*ra || !*rb)
            continue;
        int64_t period = seam_lcm((*ra)->period, (*rb)->period);
        *ra = seam_relation_stretch(field, dir, *ra, period / (*ra)->period);
        *rb = seam_relation_stretch(field, dir, *rb, period / (*rb)->period);
        if (!*ra || !*rb)
            return false;
    }
    return true;
}

/* Fill in dims; two lines of one direction mean that every row meets every row. */
static bool join_finish(struct seam_field *field, struct seam_fact *out, struct seam_atoms *atoms)
{
    int lines[2] = { 0, 0 };
    for (int i = 0; i < out->rank; i++)
        out->dims[i] = seam_sym_const(1);
    for (int i = 0; i < atoms->n; i++) {
        const struct seam_atom *atom = &atoms->at[i];
        out->dims[atom->axis] = seam_sym_mul(out->dims[atom->axis], atom->size);
        if (atom->line >= 0 && ++lines[atom->line] > 1)
            return seam_field_fail(field,
                                   "every part of the picture meets every other (attention)");
    }
    out->state = SEAM_FACT_KNOWN;
    return seam_atoms_store(field, out, atoms);
}

static bool join_sides(struct seam_field *field, struct seam_fact *out, struct side *a,
                       struct side *b)
{
    struct seam_atoms atoms = { .n = 0 };
    int digits[2] = { 1, 1 }, i = 0, k = 0;
    int64_t radix[2][SEAM_MAX_DIGITS];
    for (int axis = 0; axis < out->rank; axis++)
        if (!join_axis(field, a, b, axis, &i, &k, &atoms, digits, radix))
            return false;
    /* A cut may have stretched one of the two. */
    for (int dir = 0; dir < 2; dir++) {
        const struct seam_relation *ra = a->fact.relation[dir], *rb = b->fact.relation[dir];
        if (ra && rb && ra->period != rb->period)
            return seam_field_fail(field, "its inputs are scaled differently");
        if (!join_relation(field, a, b, dir, digits[dir], radix[dir], out))
            return false;
        out->edge_lo[dir] = seam_max(a->fact.edge_lo[dir], b->fact.edge_lo[dir]);
        out->edge_hi[dir] = seam_max(a->fact.edge_hi[dir], b->fact.edge_hi[dir]);
        out->border[dir] = a->fact.border[dir] || b->fact.border[dir];
    }
    return join_finish(field, out, &atoms);
}

/* What must not meet, whatever the shapes. */
static bool join_allowed(struct seam_field *field, const struct seam_fact *a,
                         const struct seam_fact *b)
{
    if (((a->sized && seam_depends(b)) || (b->sized && seam_depends(a))) &&
        !seam_field_report(field, "it uses a value computed from the picture's size"))
        return false;
    for (int dir = 0; dir < 2; dir++)
        if (a->border[dir] != b->border[dir] && seam_depends(a) && seam_depends(b))
            return seam_field_fail(field, "it mixes the picture with a part cut from its border");
    return true;
}

bool seam_fact_join(struct seam_field *field, struct seam_fact *out, const struct seam_fact *a,
                    const struct seam_fact *b)
{
    struct side left, right;
    int rank = a->rank > b->rank ? a->rank : b->rank;
    memset(&left, 0, sizeof(left));
    memset(&right, 0, sizeof(right));
    if (!join_allowed(field, a, b))
        return false;
    struct seam_fact result;
    memset(&result, 0, sizeof(result));
    result.rank = rank;
    result.uniform = a->uniform && b->uniform;
    /* Said once, where the value meets the picture. */
    result.sized = (a->sized || b->sized) && !seam_depends(a) && !seam_depends(b);
    result.type = a->type;
    if (!side_init(field, &left, a, rank) || !side_init(field, &right, b, rank))
        return false;
    if (!join_periods(field, &left, &right) || !join_sides(field, &result, &left, &right))
        return false;
    *out = result;
    return true;
}
