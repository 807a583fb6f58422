/* A fact's atoms while they change; only fact.c and join.c use this. */
#ifndef SEAM_MODEL_ATOMS_H
#define SEAM_MODEL_ATOMS_H

#include "field/fact.h"

struct seam_atoms {
    struct seam_atom at[SEAM_MAX_ATOMS];
    int n;
};

void seam_atoms_of(struct seam_atoms *atoms, const struct seam_fact *fact);
bool seam_atoms_add(struct seam_field *field, struct seam_atoms *atoms, struct seam_atom atom);
/* Give them to the fact, neighbours without any pattern joined. */
bool seam_atoms_store(struct seam_field *field, struct seam_fact *fact, struct seam_atoms *atoms);
/* An atom of fixed size without a pattern. */
struct seam_atom seam_atom_plain(int axis, struct seam_sym size);
/* Remove atoms of a single element; their digits go with them. */
bool seam_atoms_drop_ones(struct seam_field *field, struct seam_fact *fact,
                          struct seam_atoms *atoms);
/* Cut atoms->at[index] into an outer atom and an inner one of `inner` elements behind it. */
bool seam_atoms_cut(struct seam_field *field, struct seam_fact *fact, struct seam_atoms *atoms,
                    int index, int64_t inner);

#endif /* SEAM_MODEL_ATOMS_H */
