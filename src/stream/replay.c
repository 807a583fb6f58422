#include <stdlib.h>

#include "base/common.h"
#include "base/log.h"
#include "stream/replay.h"
#include "stream/store.h"

struct seam_replay {
    struct seam_source source;
    size_t row_bytes;
    struct seam_store *store; /* of its rows; NULL: the source rewinds by itself */
    struct seam_log *log;
    int64_t begin, end; /* rows in the store */
};

enum seam_result seam_replay_open(struct seam_replay **replay, const struct seam_source *source,
                                  size_t row_bytes, int64_t rows, struct seam_log *log)
{
    const struct seam_store_params params = { .size = UINT64_MAX, .records = (uint64_t)rows,
                                              .record_bytes = row_bytes };
    struct seam_replay *r = calloc(1, sizeof(*r));
    *replay = NULL;
    if (!r)
        return seam_log_fail(log, SEAM_ERROR_MEMORY, "no memory to read a picture again");
    r->source = *source;
    r->row_bytes = row_bytes;
    r->log = log;
    const enum seam_result result =
        source->rewind ? SEAM_OK : seam_store_open(&r->store, &params, log);
    if (result != SEAM_OK) {
        free(r);
        return result;
    }
    *replay = r;
    return SEAM_OK;
}

void seam_replay_close(struct seam_replay **replay)
{
    struct seam_replay *r = *replay;
    if (!r)
        return;
    seam_store_close(&r->store);
    free(r);
    *replay = NULL;
}

static struct seam_record record_of(const struct seam_replay *r, int64_t y)
{
    return (struct seam_record){ (uint64_t)y, (uint64_t)y * r->row_bytes, r->row_bytes };
}

static int replay_read(void *opaque, int64_t y, int64_t rows, void *dst)
{
    struct seam_replay *r = opaque;
    if (!r->store)
        return r->source.read(r->source.opaque, y, rows, dst);
    unsigned char *at = dst;
    if (r->begin == r->end)
        r->begin = r->end = y;
    if (y < r->begin || y > r->end)
        return -1; /* passed over, and not to be had again */
    const int64_t old = seam_min(r->end, y + rows);
    for (int64_t row = y; row < old; row++, at += r->row_bytes) {
        const struct seam_record record = record_of(r, row);
        if (seam_store_read(r->store, &record, at, r->log) != SEAM_OK)
            return -1;
    }
    if (old == y + rows)
        return 0;
    if (r->source.read(r->source.opaque, old, y + rows - old, at) != 0)
        return -1;
    for (int64_t row = old; row < y + rows; row++, at += r->row_bytes) {
        const struct seam_record record = record_of(r, row);
        if (seam_store_write(r->store, &record, at, r->log) != SEAM_OK)
            return -1;
    }
    r->end = y + rows;
    return 0;
}

static int replay_rewind(void *opaque)
{
    struct seam_replay *r = opaque;
    return !r->store ? r->source.rewind(r->source.opaque) : 0;
}

struct seam_source seam_replay_source(struct seam_replay *replay)
{
    return (struct seam_source){ replay, replay_read, replay_rewind };
}
