#include <string.h>

#include "base/common.h"
#include "field/atoms.h"
#include "field/relation.h"

bool seam_depends(const struct seam_fact *fact)
{
    return fact->relation[0] || fact->relation[1] || fact->border[0] || fact->border[1];
}

struct seam_sym seam_field_side(const struct seam_field *field, int dir)
{
    return field->fixed[dir] ? seam_sym_const(field->size[dir]) : seam_sym_side(dir);
}

void seam_atoms_of(struct seam_atoms *atoms, const struct seam_fact *fact)
{
    atoms->n = fact->n_atoms;
    if (atoms->n)
        memcpy(atoms->at, fact->atoms, (size_t)fact->n_atoms * sizeof(*fact->atoms));
}

bool seam_atoms_add(struct seam_field *field, struct seam_atoms *atoms, struct seam_atom atom)
{
    if (atoms->n == SEAM_MAX_ATOMS)
        return seam_field_fail(field, "it is cut into too many pieces");
    atoms->at[atoms->n++] = atom;
    return true;
}

struct seam_atom seam_atom_plain(int axis, struct seam_sym size)
{
    return (struct seam_atom){ .size = size, .axis = axis, .line = -1, .digit = { -1, -1 } };
}

static bool atom_is_plain(const struct seam_atom *atom)
{
    return atom->line < 0 && atom->digit[0] < 0 && atom->digit[1] < 0;
}

/* Neighbours of one axis without any pattern are one atom. */
static void atoms_tidy(struct seam_atoms *atoms)
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

bool seam_atoms_store(struct seam_field *field, struct seam_fact *fact, struct seam_atoms *atoms)
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
    struct seam_atoms atoms = { .n = 0 };
    memset(fact, 0, sizeof(*fact));
    if (rank > SEAM_MAX_RANK)
        return seam_field_fail(field, "it has too many dimensions");
    fact->rank = rank;
    for (int i = 0; i < rank; i++) {
        fact->dims[i] = dims[i];
        if (!seam_atoms_add(field, &atoms, seam_atom_plain(i, dims[i])))
            return false;
    }
    fact->state = SEAM_FACT_KNOWN;
    return seam_atoms_store(field, fact, &atoms);
}

bool seam_fact_picture(struct seam_field *field, struct seam_fact *fact, int rank,
                       const struct seam_sym *dims, const int axis[2])
{
    if (!seam_fact_plain(field, fact, rank, dims))
        return false;
    for (int dir = 0; dir < 2; dir++) {
        int64_t zero = 0;
        struct seam_line line = {
            .dir = dir, .size = dims[axis[dir]], .period = 1, .phases = 1, .lo = &zero, .hi = &zero
        };
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
static bool drop_digits(struct seam_field *field, struct seam_fact *fact, struct seam_atoms *atoms,
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
static bool drop_range(struct seam_field *field, struct seam_fact *fact, struct seam_atoms *atoms,
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
    struct seam_atoms atoms, out = { .n = 0 };
    int count, first = seam_fact_axis(fact, axis, &count);
    if (seam_fact_line(fact, axis) >= 0)
        return seam_field_fail(field, "it mixes samples from the whole picture");
    seam_atoms_of(&atoms, fact);
    if (!drop_range(field, fact, &atoms, first, count))
        return false;
    for (int i = 0; i < first; i++)
        out.at[out.n++] = atoms.at[i];
    if (!seam_atoms_add(field, &out, seam_atom_plain(axis, size)))
        return false;
    for (int i = first + count; i < atoms.n; i++)
        if (!seam_atoms_add(field, &out, atoms.at[i]))
            return false;
    fact->dims[axis] = size;
    return seam_atoms_store(field, fact, &out);
}

bool seam_fact_mix(struct seam_field *field, struct seam_fact *fact, int axis)
{
    return seam_fact_resize(field, fact, axis, fact->dims[axis]);
}

bool seam_fact_flatten(struct seam_field *field, struct seam_fact *fact, int axis,
                       struct seam_sym size)
{
    struct seam_atoms atoms;
    int count, first = seam_fact_axis(fact, axis, &count);
    seam_atoms_of(&atoms, fact);
    for (int i = first; i < first + count; i++) {
        int dir = atoms.at[i].line;
        if (dir < 0)
            continue;
        fact->relation[dir] = NULL;
        atoms.at[i].line = -1;
        for (int k = 0; k < atoms.n; k++)
            atoms.at[k].digit[dir] = -1;
    }
    return seam_atoms_store(field, fact, &atoms) && seam_fact_resize(field, fact, axis, size);
}

bool seam_fact_transpose(struct seam_field *field, struct seam_fact *fact, const int *perm)
{
    struct seam_atoms out = { .n = 0 };
    struct seam_sym dims[SEAM_MAX_RANK] = { { 0 } };
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
    return seam_atoms_store(field, fact, &out);
}

/* Cut the line at atoms->at[index] into a line of 1/inner of its samples and a fixed atom. */
static bool cut_line(struct seam_field *field, struct seam_fact *fact, struct seam_atoms *atoms,
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

bool seam_atoms_cut(struct seam_field *field, struct seam_fact *fact, struct seam_atoms *atoms,
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
    atom[1] = seam_atom_plain(atom->axis, parts);
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

bool seam_atoms_drop_ones(struct seam_field *field, struct seam_fact *fact,
                          struct seam_atoms *atoms)
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
static bool gather_axis(struct seam_field *field, struct seam_fact *fact, struct seam_atoms *atoms,
                        int *next, int axis, struct seam_sym size)
{
    struct seam_sym product = seam_sym_const(1);
    while (!seam_sym_equal(product, size)) {
        int64_t num, den;
        if (*next == atoms->n)
            return seam_field_fail(field, "its shape does not fit its input");
        struct seam_sym sum = seam_sym_mul(product, atoms->at[*next].size);
        if (!seam_sym_equal(sum, size) && seam_sym_quotient(sum, size, &num, &den) && den == 1 &&
            num > 1 && !seam_atoms_cut(field, fact, atoms, *next, num))
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
    struct seam_atoms atoms, out = { .n = 0 };
    if (rank > SEAM_MAX_RANK)
        return seam_field_fail(field, "it has too many dimensions");
    seam_atoms_of(&atoms, fact);
    if (!seam_atoms_drop_ones(field, fact, &atoms))
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
            if (!seam_atoms_add(field, &out, seam_atom_plain(i, seam_sym_const(1))))
                return false;
        for (; k < atoms.n && atoms.at[k].axis == i; k++)
            if (!seam_atoms_add(field, &out, atoms.at[k]))
                return false;
    }
    fact->rank = rank;
    memmove(fact->dims, dims, (size_t)rank * sizeof(*dims));
    return seam_atoms_store(field, fact, &out);
}
