#include <stdbool.h>
#include <string.h>

#include "base/near.h"

#define MOST_LETTERS 40

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Letters to put in, leave out, change, or swap with the next (optimal string alignment). */
static size_t distance(const char *a, size_t n, const char *b, size_t m)
{
    size_t row[3][MOST_LETTERS + 1];
    for (size_t j = 0; j <= m; j++)
        row[0][j] = j;
    for (size_t i = 1; i <= n; i++) {
        size_t *now = row[i % 3];
        const size_t *above = row[(i + 2) % 3], *before = row[(i + 1) % 3];
        now[0] = i;
        for (size_t j = 1; j <= m; j++) {
            const bool same = lower(a[i - 1]) == lower(b[j - 1]);
            now[j] = least(least(above[j], now[j - 1]) + 1, above[j - 1] + !same);
            if (i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) &&
                lower(a[i - 2]) == lower(b[j - 1]))
                now[j] = least(now[j], before[j - 2] + 1);
        }
    }
    return row[n % 3][m];
}

const char *seam_near(const char *word, const char *const *words)
{
    const size_t n = strlen(word);
    const char *best = NULL;
    size_t best_distance = (n >= 3 ? n / 3 : 1) + 1;
    if (n > MOST_LETTERS)
        return NULL;
    for (; *words; words++) {
        const size_t m = strlen(*words);
        if (m > MOST_LETTERS)
            continue;
        const size_t d = distance(word, n, *words, m);
        if (d < best_distance && d < m) {
            best = *words;
            best_distance = d;
        }
    }
    return best;
}
