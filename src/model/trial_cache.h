/* What trial runs found, kept between processes: one small file for each network, engine, CPU and
 * number of threads. A file that is damaged, of another version or of something else is as good as
 * none. */
#ifndef SEAM_MODEL_TRIAL_CACHE_H
#define SEAM_MODEL_TRIAL_CACHE_H

#include <stddef.h>

#include "seamless/seamless.h"

/* What the costs depend on, beside what `facts` says of engine and shapes. */
struct seam_trial_key {
    const char *network; /* by seam_model_identity(); "": not known, and nothing is kept */
    int threads;
};

struct seam_trial_cache {
    char folder[1024]; /* "": nothing is kept */
    char file[1100];
    char key[768];     /* one line of words; the file holds it too */
};

/* Name the file. `folder` is that of seam_measure_params.cache. */
void seam_trial_cache_init(struct seam_trial_cache *cache, const char *folder,
                           const struct seam_trial_key *key, const struct seam_facts *facts);

/* Fill facts->trials, and facts->batches by what they found; false, with them untouched, where
 * nothing of use is kept. */
bool seam_trial_cache_read(const struct seam_trial_cache *cache, struct seam_facts *facts);

/* Keep facts->trials, whole or not at all. False where that cannot be, which harms nobody. */
bool seam_trial_cache_write(const struct seam_trial_cache *cache, const struct seam_facts *facts);

#endif /* SEAM_MODEL_TRIAL_CACHE_H */
