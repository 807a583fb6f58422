/* The word that somebody meant who wrote another. */
#ifndef SEAM_NEAR_H
#define SEAM_NEAR_H

#include <stddef.h>

/* The nearest of `words` to `word`, letters of either case alike, where that is near enough to be a
 * slip: a third of its letters or fewer. NULL where none is. `words` ends in NULL. */
const char *seam_near(const char *word, const char *const *words);

#endif /* SEAM_NEAR_H */
