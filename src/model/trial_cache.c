#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cache.h"
#include "base/checksum.h"
#include "model/trial_cache.h"

/* To be raised when what trials mean changes, or what the engine takes. */
#define FORMAT "seamless trials 2"
#define LARGEST_FILE 4096

/* The CPU in the kernel's words. */
static void cpu_name(char *name, size_t size)
{
    char line[256];
    FILE *f = fopen("/proc/cpuinfo", "r");
    snprintf(name, size, "cpu");
    while (f && fgets(line, sizeof(line), f)) {
        char *colon = strchr(line, ':');
        if (!colon || (strncmp(line, "model name", 10) != 0 && strncmp(line, "CPU part", 8) != 0))
            continue;
        line[strcspn(line, "\n")] = '\0';
        snprintf(name, size, "%s", colon + 1 + (colon[1] == ' '));
        break;
    }
    if (f)
        fclose(f);
}

void seam_trial_cache_init(struct seam_trial_cache *c, const char *folder,
                           const struct seam_trial_key *key, const struct seam_facts *f)
{
    char cpu[128];
    c->folder[0] = c->file[0] = c->key[0] = '\0';
    if (folder && strlen(folder) < sizeof(c->folder))
        strcpy(c->folder, folder);
    else if (folder || !seam_cache_folder(c->folder, sizeof(c->folder), "trials"))
        c->folder[0] = '\0';
    if (!key->network[0])
        c->folder[0] = '\0';
    if (!c->folder[0])
        return;
    cpu_name(cpu, sizeof(cpu));
    snprintf(c->key, sizeof(c->key),
             "network %s engine %s threads %d channels %d %d scale %" PRId64 "/%" PRId64
             " crop %" PRId64 " align %" PRId64 " fixed %" PRId64 "x%" PRId64 " cpu %s",
             key->network, f->engine_text[0] ? f->engine_text : f->engine, key->threads,
             f->channels_in, f->channels_out, f->scale_num, f->scale_den, f->crop, f->alignment,
             f->fixed_width, f->fixed_height, cpu);
    snprintf(c->file, sizeof(c->file), "%s/%016" PRIx64 ".trials", c->folder,
             seam_checksum(0, c->key, strlen(c->key)));
}

/* The text of a file, without the line that ends it and vouches for the rest. */
static int print_trials(char *text, size_t size, const char *key, const struct seam_facts *f)
{
    int n = snprintf(text, size, FORMAT "\n%s\n", key);
    for (int i = 0; i < f->trial_count && n > 0 && (size_t)n < size; i++)
        n += snprintf(text + n, size - (size_t)n,
                      "%" PRId64 " pixels %.0f ns %" PRIu64 " bytes, batch %.0f ns\n",
                      f->trials[i].pixels, f->trials[i].seconds * 1e9, f->trials[i].bytes,
                      f->trials[i].batch_seconds * 1e9);
    return n;
}

/* One line of a trial that makes sense after the last. */
static bool parse_trial(const char *line, struct seam_facts *f)
{
    int64_t pixels, ns, batch;
    uint64_t bytes;
    if (f->trial_count == SEAM_MOST_TRIALS ||
        sscanf(line, "%" SCNd64 " pixels %" SCNd64 " ns %" SCNu64 " bytes, batch %" SCNd64 " ns\n",
               &pixels, &ns, &bytes, &batch) != 4)
        return false;
    const int64_t last = f->trial_count > 0 ? f->trials[f->trial_count - 1].pixels : 0;
    if (pixels <= last || pixels > INT32_MAX || ns <= 0 || ns > INT64_MAX / 2 ||
        bytes > INT64_MAX || batch > INT64_MAX / 2)
        return false;
    f->trials[f->trial_count++] =
        (struct seam_trial){ pixels, (double)ns * 1e-9, bytes, (double)batch * 1e-9 };
    return true;
}

static bool parse_trials(const char *text, const char *key, struct seam_facts *f)
{
    char head[700], sum[32];
    f->trial_count = 0;
    const int n = snprintf(head, sizeof(head), FORMAT "\n%s\n", key);
    const char *end = strstr(text, "sum ");
    if (strncmp(text, head, (size_t)n) != 0 || !end)
        return false;
    snprintf(sum, sizeof(sum), "sum %016" PRIx64 "\n",
             seam_checksum(0, text, (size_t)(end - text)));
    if (strcmp(end, sum) != 0)
        return false;
    for (const char *line = text + n; line < end; line = strchr(line, '\n') + 1)
        if (!parse_trial(line, f))
            return false;
    return f->trial_count > 0;
}

bool seam_trial_cache_read(const struct seam_trial_cache *c, struct seam_facts *facts)
{
    char text[LARGEST_FILE + 1];
    const int64_t n = c->folder[0] ? seam_cache_read(c->file, text, LARGEST_FILE) : -1;
    if (n < 0 || memchr(text, '\0', (size_t)n))
        return false;
    text[n] = '\0';
    struct seam_facts found = *facts;
    if (!parse_trials(text, c->key, &found))
        return false;
    memcpy(facts->trials, found.trials, sizeof(facts->trials));
    facts->trial_count = found.trial_count;
    facts->batches = facts->batches && found.trials[0].batch_seconds >= 0;
    return true;
}

bool seam_trial_cache_write(const struct seam_trial_cache *c, const struct seam_facts *facts)
{
    char text[LARGEST_FILE];
    if (!c->folder[0])
        return false;
    const int n = print_trials(text, sizeof(text), c->key, facts);
    if (n <= 0 || (size_t)n + 32 > sizeof(text))
        return false;
    snprintf(text + n, sizeof(text) - (size_t)n, "sum %016" PRIx64 "\n",
             seam_checksum(0, text, (size_t)n));
    return seam_cache_write(c->file, text, strlen(text));
}
