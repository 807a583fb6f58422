#include <string.h>

#include "common.h"
#include "relation.h"

/* A fact's atoms while they change. */
struct atoms {
    struct seam_atom at[SEAM_MAX_ATOMS];
    int n;
};

bool seam_depends(const struct seam_fact *fact)
{
    return fact->relation[0] || fact->relation[1] || fact->border[0] || fact->border[1];
}

struct seam_sym seam_field_side(const struct seam_field *field, int dir)
{
    return field->fixed[dir] ? seam_sym_const(field->size[dir]) : seam_sym_side(dir);
}

static void atoms_of(struct atoms *atoms, const struct seam_fact *fact)
{
    atoms->n = fact->n_atoms;
    if (atoms->n)
        memcpy(atoms->at, fact->atoms, (size_t)fact->n_atoms * sizeof(*fact->atoms));
}

static bool atoms_add(struct seam_field *field, struct atoms *atoms, struct seam_atom atom)
{
    if (atoms->n == SEAM_MAX_ATOMS)
        return seam_field_fail(field, "it is cut into too many pieces");
    atoms->at[atoms->n++] = atom;
    return true;
}

static struct seam_atom atom_plain(int axis, struct seam_sym size)
{
    return (struct seam_atom){ .size = size, .axis = axis, .line = -1, .digit = { -1, -1 } };
}

static bool atom_is_plain(const struct seam_atom *atom)
{
    return atom->line < 0 && atom->digit[0] < 0 && atom->digit[1] < 0;
}

/* Neighbours of one axis without any pattern are one atom. */
static void atoms_tidy(struct atoms *atoms)
{
    int n = 0;
    for (int i = 0; i < atoms->n; i++) {
        struct seam_atom *last = n ? &atoms->at[n - 1] : NULL;
        if (last && last->axis == atoms->at[i].axis && atom_is_plain(last) &&
            atom_is_plain(&atoms->at[i])) {
            struct seam_sym size = seam_sym_mul(last->size, atoms->at[i].size);
            if (seam_sym_known(size)) {
                last->size = size;
                last->even &= atoms->at[i].even;
                continue;
            }
        }
        atoms->at[n++] = atoms->at[i];
    }
    atoms->n = n;
}

static bool atoms_store(struct seam_field *field, struct seam_fact *fact, struct atoms *atoms)
{
    atoms_tidy(atoms);
    struct seam_atom *copy = seam_arena_alloc(field->arena, (size_t)atoms->n, sizeof(*copy));
    if (!copy)
        return seam_field_fail(field, "there is no memory to analyse it");
    memcpy(copy, atoms->at, (size_t)atoms->n * sizeof(*copy));
    fact->atoms = copy;
    fact->n_atoms = atoms->n;
    return true;
}

bool seam_fact_plain(struct seam_field *field, struct seam_fact *fact, int rank,
                     const struct seam_sym *dims)
{
    struct atoms atoms = { .n = 0 };
    memset(fact, 0, sizeof(*fact));
    if (rank > SEAM_MAX_RANK)
        return seam_field_fail(field, "it has too many dimensions");
    fact->rank = rank;
    for (int i = 0; i < rank; i++) {
        fact->dims[i] = dims[i];
        if (!atoms_add(field, &atoms, atom_plain(i, dims[i])))
            return false;
    }
    fact->state = SEAM_FACT_KNOWN;
    return atoms_store(field, fact, &atoms);
}

bool seam_fact_picture(struct seam_field *field, struct seam_fact *fact, int rank,
                       const struct seam_sym *dims, const int axis[2])
{
    if (!seam_fact_plain(field, fact, rank, dims))
        return false;
    for (int dir = 0; dir < 2; dir++) {
        int64_t zero = 0;
        struct seam_line line = { .dir = dir, .size = dims[axis[dir]], .period = 1, .phases = 1,
                                  .lo = &zero, .hi = &zero };
        if (!seam_line_put(field, fact, axis[dir], &line))
            return false;
    }
    return true;
}

int seam_fact_axis(const struct seam_fact *fact, int axis, int *count)
{
    int first = 0;
    while (first < fact->n_atoms && fact->atoms[first].axis < axis)
        first++;
    *count = 0;
    while (first + *count < fact->n_atoms && fact->atoms[first + *count].axis == axis)
        ++*count;
    return first;
}

int seam_fact_line(const struct seam_fact *fact, int axis)
{
    int count, first = seam_fact_axis(fact, axis, &count);
    for (int i = first; i < first + count; i++)
        if (fact->atoms[i].line >= 0)
            return fact->atoms[i].line;
    return -1;
}

/* Forget the digits of direction `dir` for which drop[] is set: all their values count. */
static bool drop_digits(struct seam_field *field, struct seam_fact *fact, struct atoms *atoms,
                        int dir, const bool *drop)
{
    const struct seam_relation *old = fact->relation[dir];
    int map[2][SEAM_MAX_DIGITS], n = 0;
    int64_t radix[SEAM_MAX_DIGITS];
    if (!old)
        return true;
    for (int d = 0; d < old->digits; d++) {
        map[0][d] = drop[d] ? -1 : n;
        if (!drop[d])
            radix[n++] = old->radix[d];
    }
    if (n == old->digits)
        return true;
    const struct seam_relation *const pair[2] = { old, NULL };
    fact->relation[dir] =
        seam_relation_merge(field, dir, n, radix, pair, (const int(*)[SEAM_MAX_DIGITS])map);
    for (int i = 0; i < atoms->n; i++)
        if (atoms->at[i].digit[dir] >= 0)
            atoms->at[i].digit[dir] = map[0][atoms->at[i].digit[dir]];
    return fact->relation[dir] != NULL;
}

/* Forget the digits of all fixed atoms in [first, first + count). */
static bool drop_range(struct seam_field *field, struct seam_fact *fact, struct atoms *atoms,
                       int first, int count)
{
    for (int dir = 0; dir < 2; dir++) {
        bool drop[SEAM_MAX_DIGITS] = { false };
        for (int i = first; i < first + count; i++)
            if (atoms->at[i].line < 0 && atoms->at[i].digit[dir] >= 0)
                drop[atoms->at[i].digit[dir]] = true;
        if (!drop_digits(field, fact, atoms, dir, drop))
            return false;
    }
    return true;
}

bool seam_fact_resize(struct seam_field *field, struct seam_fact *fact, int axis,
                      struct seam_sym size)
{
    struct atoms atoms, out = { .n = 0 };
    int count, first = seam_fact_axis(fact, axis, &count);
    if (seam_fact_line(fact, axis) >= 0)
        return seam_field_fail(field, "it mixes samples from the whole picture");
    atoms_of(&atoms, fact);
    if (!drop_range(field, fact, &atoms, first, count))
        return false;
    for (int i = 0; i < first; i++)
        out.at[out.n++] = atoms.at[i];
    if (!atoms_add(field, &out, atom_plain(axis, size)))
        return false;
    for (int i = first + count; i < atoms.n; i++)
        if (!atoms_add(field, &out, atoms.at[i]))
            return false;
    fact->dims[axis] = size;
    return atoms_store(field, fact, &out);
}

bool seam_fact_mix(struct seam_field *field, struct seam_fact *fact, int axis)
{
    return seam_fact_resize(field, fact, axis, fact->dims[axis]);
}

bool seam_fact_flatten(struct seam_field *field, struct seam_fact *fact, int axis,
                       struct seam_sym size)
{
    struct atoms atoms;
    int count, first = seam_fact_axis(fact, axis, &count);
    atoms_of(&atoms, fact);
    for (int i = first; i < first + count; i++) {
        int dir = atoms.at[i].line;
        if (dir < 0)
            continue;
        fact->relation[dir] = NULL;
        atoms.at[i].line = -1;
        for (int k = 0; k < atoms.n; k++)
            atoms.at[k].digit[dir] = -1;
    }
    return atoms_store(field, fact, &atoms) && seam_fact_resize(field, fact, axis, size);
}

bool seam_fact_transpose(struct seam_field *field, struct seam_fact *fact, const int *perm)
{
    struct atoms out = { .n = 0 };
    struct seam_sym dims[SEAM_MAX_RANK];
    for (int i = 0; i < fact->rank; i++) {
        int count, first = seam_fact_axis(fact, perm[i], &count);
        for (int k = first; k < first + count; k++) {
            struct seam_atom atom = fact->atoms[k];
            atom.axis = i;
            out.at[out.n++] = atom;
        }
        dims[i] = fact->dims[perm[i]];
    }
    memcpy(fact->dims, dims, (size_t)fact->rank * sizeof(*dims));
    return atoms_store(field, fact, &out);
}

/* Cut the line at atoms->at[index] into a line of 1/inner of its samples and a fixed atom. */
static bool cut_line(struct seam_field *field, struct seam_fact *fact, struct atoms *atoms,
                     int index, int64_t inner)
{
    struct seam_atom *atom = &atoms->at[index];
    int dir = atom->line;
    const struct seam_relation *relation = fact->relation[dir];
    int64_t factor = inner / seam_gcd(relation->radix[0], inner);
    relation = seam_relation_stretch(field, dir, relation, factor);
    if (relation)
        relation = seam_relation_cut(field, relation, 0, inner);
    if (!relation)
        return false;
    fact->relation[dir] = relation;
    for (int i = 0; i < atoms->n; i++)
        if (i != index && i != index + 1 && atoms->at[i].digit[dir] > 0)
            atoms->at[i].digit[dir]++;
    atoms->at[index + 1].digit[dir] = 1;
    return true;
}

/* Cut atoms->at[index] into an outer atom and an inner one of `inner` elements behind it. */
static bool cut_atom(struct seam_field *field, struct seam_fact *fact, struct atoms *atoms,
                     int index, int64_t inner)
{
    struct seam_atom *atom = &atoms->at[index];
    struct seam_sym parts = seam_sym_const(inner);
    struct seam_sym outer = seam_sym_floor(seam_sym_div(atom->size, parts), &field->align);
    if (!seam_sym_equal(seam_sym_mul(outer, parts), atom->size))
        return seam_field_fail(field, "it regroups samples across the picture");
    if (atoms->n == SEAM_MAX_ATOMS)
        return seam_field_fail(field, "it is cut into too many pieces");
    memmove(atom + 1, atom, (size_t)(atoms->n++ - index) * sizeof(*atom));
    atom[0].size = outer;
    atom[1] = atom_plain(atom->axis, parts);
    atom[1].even = atom->even;
    if (atom->line >= 0)
        return cut_line(field, fact, atoms, index, inner);

    for (int dir = 0; dir < 2; dir++) {
        int digit = atom->digit[dir];
        if (digit < 0)
            continue;
        fact->relation[dir] = seam_relation_cut(field, fact->relation[dir], digit, inner);
        if (!fact->relation[dir])
            return false;
        for (int i = 0; i < atoms->n; i++)
            if (atoms->at[i].digit[dir] > digit)
                atoms->at[i].digit[dir]++;
        atom[1].digit[dir] = digit + 1;
    }
    return true;
}

static bool is_one(struct seam_sym size)
{
    return seam_sym_is(size, 1);
}

/* Remove atoms of a single element; their digits go with them. */
static bool drop_ones(struct seam_field *field, struct seam_fact *fact, struct atoms *atoms)
{
    for (int i = 0; i < atoms->n; i++)
        if (atoms->at[i].line < 0 && is_one(atoms->at[i].size) &&
            !drop_range(field, fact, atoms, i, 1))
            return false;
    int n = 0;
    for (int i = 0; i < atoms->n; i++)
        if (atoms->at[i].line >= 0 || !is_one(atoms->at[i].size))
            atoms->at[n++] = atoms->at[i];
    atoms->n = n;
    return true;
}

/* Take atoms from *next on until they make up `size`, for `axis` of the new shape. */
static bool gather_axis(struct seam_field *field, struct seam_fact *fact, struct atoms *atoms,
                        int *next, int axis, struct seam_sym size)
{
    struct seam_sym product = seam_sym_const(1);
    while (!seam_sym_equal(product, size)) {
        int64_t num, den;
        if (*next == atoms->n)
            return seam_field_fail(field, "its shape does not fit its input");
        struct seam_sym sum = seam_sym_mul(product, atoms->at[*next].size);
        if (!seam_sym_equal(sum, size) && seam_sym_quotient(sum, size, &num, &den) && den == 1 &&
            num > 1 && !cut_atom(field, fact, atoms, *next, num))
            return false;
        struct seam_atom *atom = &atoms->at[(*next)++];
        product = seam_sym_mul(product, atom->size);
        if (!seam_sym_known(product))
            return seam_field_fail(field, "it regroups samples across the picture");
        atom->axis = axis;
    }
    return true;
}

bool seam_fact_reshape(struct seam_field *field, struct seam_fact *fact, int rank,
                       const struct seam_sym *dims)
{
    struct atoms atoms, out = { .n = 0 };
    if (rank > SEAM_MAX_RANK)
        return seam_field_fail(field, "it has too many dimensions");
    atoms_of(&atoms, fact);
    if (!drop_ones(field, fact, &atoms))
        return false;
    int next = 0;
    for (int i = 0; i < rank; i++)
        if (!gather_axis(field, fact, &atoms, &next, i, dims[i]))
            return false;
    /* A line of a single sample may be left over. */
    if (next != atoms.n)
        return seam_field_fail(field, "its shape does not fit its input");
    for (int i = 0, k = 0; i < rank; i++) {
        if (k == atoms.n || atoms.at[k].axis != i)
            if (!atoms_add(field, &out, atom_plain(i, seam_sym_const(1))))
                return false;
        for (; k < atoms.n && atoms.at[k].axis == i; k++)
            if (!atoms_add(field, &out, atoms.at[k]))
                return false;
    }
    fact->rank = rank;
    memmove(fact->dims, dims, (size_t)rank * sizeof(*dims));
    return atoms_store(field, fact, &out);
}

/* ------------------------------------------------------------------------------------------------
 * Join
 * --------------------------------------------------------------------------------------------- */

/* One of the two operands of a join. */
struct side {
    struct seam_fact fact;
    struct atoms atoms;
    int map[2][SEAM_MAX_DIGITS]; /* [dir][digit]: digit of the result */
};

static bool side_init(struct seam_field *field, struct side *side, const struct seam_fact *fact,
                      int rank)
{
    side->fact = *fact;
    atoms_of(&side->atoms, fact);
    int shift = rank - fact->rank;
    for (int i = 0; i < side->atoms.n; i++)
        side->atoms.at[i].axis += shift;
    for (int i = 0; i < rank; i++)
        side->fact.dims[i] = i < shift ? seam_sym_const(1) : fact->dims[i - shift];
    for (int i = 0; fact->uniform && i < side->atoms.n; i++)
        side->atoms.at[i].even = true;
    return drop_ones(field, &side->fact, &side->atoms);
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

/* An atom whose elements are all equal can be cut anywhere, also by a size that is not fixed. */
static bool cut_even(struct atoms *atoms, int index, struct seam_sym outer)
{
    struct seam_atom *atom = &atoms->at[index];
    struct seam_sym inner = seam_sym_div(atom->size, outer);
    if (!atom->even || atom->digit[0] >= 0 || atom->digit[1] >= 0 || !seam_sym_known(inner) ||
        atoms->n == SEAM_MAX_ATOMS || inner.den != 1 || seam_sym_sign(inner) != 1)
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
    if (cut_even(&a->atoms, i, y) || cut_even(&b->atoms, k, x))
        return true;
    if (!seam_sym_quotient(x, y, &num, &den) || (num != 1 && den != 1) || num < 1)
        return seam_field_fail(field, "its inputs follow the picture's size in different ways");
    return den == 1 ? cut_atom(field, &a->fact, &a->atoms, i, num)
                    : cut_atom(field, &b->fact, &b->atoms, k, den);
}

/* The result's atom for x and y (either may be NULL), and where their digits go. */
static bool join_emit(struct seam_field *field, struct side *a, const struct seam_atom *x,
                      struct side *b, const struct seam_atom *y, struct atoms *out, int *digits,
                      int64_t radix[2][SEAM_MAX_DIGITS])
{
    struct seam_atom atom = x && (!y || x->line >= 0) ? *x : *y;
    atom.even = (!x || x->even) && (!y || y->even);
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
    return atoms_add(field, out, atom);
}

/* One axis of the result, from the atoms that both operands have left at *i and *k. */
static bool join_axis(struct seam_field *field, struct side *a, struct side *b, int axis, int *i,
                      int *k, struct atoms *out, int *digits,
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
            return seam_field_fail(field,
                                   "its inputs follow the picture's size in different ways");
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
        return atoms_add(field, out, atom_plain(axis, seam_sym_const(1)));
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
    out->relation[dir] = seam_relation_merge(field, dir, digits, radix, pair,
                                             (const int(*)[SEAM_MAX_DIGITS])both);
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
static bool join_finish(struct seam_field *field, struct seam_fact *out, struct atoms *atoms)
{
    int lines[2] = { 0, 0 };
    for (int i = 0; i < out->rank; i++)
        out->dims[i] = seam_sym_const(1);
    for (int i = 0; i < atoms->n; i++) {
        const struct seam_atom *atom = &atoms->at[i];
        out->dims[atom->axis] = seam_sym_mul(out->dims[atom->axis], atom->size);
        if (atom->line >= 0 && ++lines[atom->line] > 1)
            return seam_field_fail(field, "every part of the picture meets every other (attention)");
    }
    out->state = SEAM_FACT_KNOWN;
    return atoms_store(field, out, atoms);
}

static bool join_sides(struct seam_field *field, struct seam_fact *out, struct side *a,
                       struct side *b)
{
    struct atoms atoms = { .n = 0 };
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
