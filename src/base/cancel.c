#include <errno.h>
#include <poll.h>

#include "base/cancel.h"

#define MILLISECONDS 200 /* from one look to the next */

bool seam_cancel_wait(int fd, const struct seam_cancel *cancel)
{
    struct pollfd p = { .fd = fd, .events = POLLIN };
    for (;;) {
        if (seam_cancel_asked(cancel)) {
            errno = EINTR;
            return false;
        }
        const int ready = poll(&p, 1, cancel ? MILLISECONDS : -1);
        if (ready > 0 || (ready < 0 && errno != EINTR))
            return true;
    }
}
