#include <stdio.h>
#include <stdlib.h>

#include "base/assert.h"

_Noreturn void seam_assert_failed(const char *file, int line, const char *sentence)
{
    fprintf(stderr, "seamless: %s:%d: this should hold and does not: %s; please report it\n", file,
            line, sentence);
    abort();
}
