/* Whether somebody asked to stop. */
#ifndef SEAM_CANCEL_H
#define SEAM_CANCEL_H

#include <stdbool.h>
#include <stddef.h>

/* All zero: nobody ever does. `asked` is called now and then, from any thread. */
struct seam_cancel {
    bool (*asked)(void *opaque);
    void *opaque;
};

/* NULL is fine. */
static inline bool seam_cancel_asked(const struct seam_cancel *cancel)
{
    return cancel && cancel->asked && cancel->asked(cancel->opaque);
}

/* Wait until there is something to read from `fd`, its end too; false with EINTR where somebody
 * asks to stop. */
bool seam_cancel_wait(int fd, const struct seam_cancel *cancel);

#endif /* SEAM_CANCEL_H */
