/* The names of settings: one table each, which parses, prints and fills the text of errors. */
#ifndef SEAM_NAMES_H
#define SEAM_NAMES_H

#include "seamless/seamless.h"

/* Names in the order of an enum's values, NULL at the end. */
extern const char *const seam_sample_names[];
extern const char *const seam_edge_names[];
extern const char *const seam_blend_names[];
extern const char *const seam_alpha_names[];
extern const char *const seam_luma_names[];
extern const char *const seam_order_names[];
extern const char *const seam_transfer_names[];
extern const char *const seam_exact_names[];
extern const char *const seam_halo_reason_names[];
extern const char *const seam_layout_names[];
extern const char *const seam_engine_names[];

/* The value called `name`, or -1. */
int seam_names_find(const char *const *names, const char *name);

/* "reflect, replicate, zero or model" into `text`; returns `text`. */
const char *seam_names_list(const char *const *names, char *text, size_t size);

#endif /* SEAM_NAMES_H */
