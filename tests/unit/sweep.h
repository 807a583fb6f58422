/* Numbers and enums of public structs, filled with what they cannot mean and with what they just
 * may. */
#ifndef SEAM_TESTS_SWEEP_H
#define SEAM_TESTS_SWEEP_H

#include <stddef.h>

#include "unit.h"

struct member {
    const char *name;
    size_t at, size;
    bool real;
};

#define WHOLE(type, member)                                                                        \
    {                                                                                              \
        #type "." #member, offsetof(struct type, member), sizeof(((struct type *)0)->member),      \
            false                                                                                  \
    }
#define REAL(type, member)                                                                         \
    {                                                                                              \
        #type "." #member, offsetof(struct type, member), sizeof(double), true                     \
    }

static const int64_t wholes[] = { INT64_MIN, INT64_MIN + 1, INT32_MIN, -1000, -3, -2, -1, 0, 1, 2,
                                  3, 7, 64, 65, 1000, 65536, INT32_MAX - 1, INT32_MAX,
                                  (int64_t)INT32_MAX + 1, (int64_t)1 << 52, INT64_MAX - 1,
                                  INT64_MAX };
static const double reals[] = { NAN, INFINITY, -INFINITY, -1e308, 1e308, -1, -0.0, 5e-324, 0.5,
                                1, 2, 1e19 };

static inline size_t values(const struct member *m)
{
    return m->real ? G_N_ELEMENTS(reals) : G_N_ELEMENTS(wholes);
}

static inline void set(void *object, const struct member *m, size_t value)
{
    unsigned char *at = (unsigned char *)object + m->at;
    const int64_t whole = wholes[value % G_N_ELEMENTS(wholes)];
    const int32_t narrow = (int32_t)(uint32_t)(uint64_t)whole;
    if (m->real)
        memcpy(at, &reals[value % G_N_ELEMENTS(reals)], sizeof(double));
    else if (m->size == sizeof(narrow))
        memcpy(at, &narrow, sizeof(narrow));
    else
        memcpy(at, &whole, sizeof(whole));
}

/* Whatever comes of it is one of these, and in words. */
static inline void judge(enum seam_result r, const struct seam_log *log, const struct member *m,
                         size_t value)
{
    const bool known = r == SEAM_OK || r == SEAM_ERROR_ARGUMENT || r == SEAM_ERROR_MEMORY;
    if (!known || (r == SEAM_OK) != (log->error[0] == '\0'))
        g_error("%s, value %zu: %s, \"%s\"", m->name, value, seam_result_name(r), log->error);
}

#endif /* SEAM_TESTS_SWEEP_H */
