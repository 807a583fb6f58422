#include <signal.h>

#include <vips/vips.h>
#include <vips/thread.h>

#include "libvips/thread.h"

GThread *seam_thread_start(const char *name, GThreadFunc run, void *opaque)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    GThread *thread = vips_g_thread_new(name, run, opaque);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return thread;
}
