/* Control groups of Linux, v1 and v2: what of the machine a process is left. */
#ifndef SEAM_GROUPS_H
#define SEAM_GROUPS_H

#include "seamless/seamless.h"

/* Lower what is in *machine to the limits of the groups that `list`, as /proc/self/cgroup, names,
 * and of those above them, below the folder `root`: memory, and CPUs where `cpus`. What cannot be
 * read limits nothing. */
void seam_groups_limit(const char *list, const char *root, bool cpus,
                       struct seam_machine *machine);

#endif /* SEAM_GROUPS_H */
