/* Sessions: tiles in flight, each in memory of its own, and what becomes of them where the device
 * is lost. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/common.h"
#include "base/log.h"
#include "engine/gpu/gpu.h"

struct slot {
    struct seam_gpu_tile *tile; /* of the shape that ran last, or NULL */
    bool again;                 /* the device was lost under its run */
    double begun;               /* seconds; 0: others were in flight before it */
};

struct gpu_session {
    struct gpu_engine *engine;
    struct seam_gpu_core *cores[SEAM_GPU_MOST_DEVICES];
    struct slot slots[SEAM_MOST_IN_FLIGHT];
    bool flies[SEAM_MOST_IN_FLIGHT];
    bool dead;     /* the device was lost for good */
    uint64_t room; /* bytes that runs may take; UINT64_MAX: no limit */
    uint64_t peak; /* since counting began */
};

/* A loss that follows another is the device's end. */
#define MOST_LOSSES 1

struct seam_gpu_core *seam_gpu_core_take(struct gpu_engine *e, int device)
{
    pthread_mutex_lock(&e->lock);
    struct seam_gpu_core *core = e->shares[device].core;
    core->users++;
    pthread_mutex_unlock(&e->lock);
    return core;
}

void seam_gpu_core_drop(struct gpu_engine *e, struct seam_gpu_core **core)
{
    struct seam_gpu_core *c = *core;
    *core = NULL;
    if (!c)
        return;
    pthread_mutex_lock(&e->lock);
    const bool last = --c->users == 0;
    pthread_mutex_unlock(&e->lock);
    if (last)
        seam_gpu_core_close(&c);
}

/* Slots are dealt to devices in turn. */
static int device_of(const struct gpu_session *s, int slot)
{
    return slot % s->engine->devices;
}

static struct seam_gpu_core *core_of(const struct gpu_session *s, int slot)
{
    return s->cores[device_of(s, slot)];
}

enum seam_result seam_gpu_begin(void **session, void *engine, int threads, struct seam_log *log)
{
    (void)threads;
    struct gpu_session *s = calloc(1, sizeof(*s));
    struct gpu_engine *e = engine;
    if (!s)
        return seam_log_fail(log, SEAM_ERROR_MEMORY, "%s: no memory for a session", e->name);
    s->engine = e;
    for (int i = 0; i < e->devices; i++)
        s->cores[i] = seam_gpu_core_take(e, i);
    s->room = UINT64_MAX;
    *session = s;
    return SEAM_OK;
}

static void drop_tiles(struct gpu_session *s)
{
    for (int i = 0; i < SEAM_MOST_IN_FLIGHT; i++)
        seam_gpu_tile_close(&s->slots[i].tile);
}

void seam_gpu_end(void *session)
{
    struct gpu_session *s = session;
    drop_tiles(s);
    for (int i = 0; i < s->engine->devices; i++)
        seam_gpu_core_drop(s->engine, &s->cores[i]);
    free(s);
}

void seam_gpu_limit(void *session, uint64_t budget, uint64_t others)
{
    struct gpu_session *s = session;
    drop_tiles(s);
    s->room = budget == 0 ? UINT64_MAX : budget > others ? budget - others : 0;
}

void seam_gpu_count_begin(void *session)
{
    struct gpu_session *s = session;
    drop_tiles(s);
    s->peak = 0;
}

uint64_t seam_gpu_count_end(void *session)
{
    const struct gpu_session *s = session;
    return s->peak;
}

/* ------------------------------------------------------------------------------------------------
 * A device that was lost
 * --------------------------------------------------------------------------------------------- */

static enum seam_result say_lost(struct gpu_session *s, struct seam_log *log)
{
    const struct seam_device *is = &s->cores[0]->device->is;
    s->dead = true;
    return seam_log_fail(log, SEAM_ERROR_ENGINE, "%s (driver %s) was lost, and again after it was "
                         "opened once more; --device cpu does without it, and --resume goes on "
                         "where a restore ended", is->name, is->driver);
}

/* Come over to a device that works: one that another session has opened already, or a new one. What
 * was in flight on it is to be done again. */
static enum seam_result recover(struct gpu_session *s, int k, struct seam_log *log)
{
    struct gpu_engine *e = s->engine;
    struct gpu_share *share = &e->shares[k];
    struct seam_gpu_core *fresh = NULL, *old = NULL;
    struct seam_gpu_device *device = NULL;
    enum seam_result r = SEAM_OK;
    pthread_mutex_lock(&e->lock);
    const bool mine = share->core == s->cores[k];
    const bool final = mine && share->losses >= MOST_LOSSES;
    /* One that only seems lost still writes to what is given back here. */
    const struct seam_gpu_device *d = s->cores[k]->device;
    d->vk.vkDeviceWaitIdle(d->device);
    if (mine && !final)
        r = seam_gpu_open(&device, share->choice, log);
    if (device)
        r = seam_gpu_core_open(&fresh, &device, e->program, log);
    if (fresh) {
        old = share->core;
        share->core = fresh;
        share->losses++;
    }
    pthread_mutex_unlock(&e->lock);
    if (final || r != SEAM_OK) {
        s->dead = true;
        return final ? say_lost(s, log) : r;
    }
    if (fresh)
        seam_warning(log, "%s was lost and has been opened once more", d->is.name);
    for (int i = k; i < SEAM_MOST_IN_FLIGHT; i += e->devices) {
        s->slots[i].again = s->flies[i];
        seam_gpu_tile_close(&s->slots[i].tile);
    }
    seam_gpu_core_drop(e, &old);
    seam_gpu_core_drop(e, &s->cores[k]);
    s->cores[k] = seam_gpu_core_take(e, k);
    return SEAM_OK;
}

/* ------------------------------------------------------------------------------------------------
 * Runs
 * --------------------------------------------------------------------------------------------- */

static enum seam_result no_room(const struct gpu_session *s, const struct seam_engine_io *io,
                                struct seam_log *log)
{
    return seam_log_fail(log, SEAM_ERROR_MEMORY, "%s: a tile of %" PRId64 " x %" PRId64 " takes "
                         "more memory than there is on or for %s", s->engine->name, io->width,
                         io->height, s->cores[0]->device->is.name);
}

static void set_domain(const struct seam_engine_io *io, struct seam_span domain[2])
{
    domain[SEAM_ROWS] = (struct seam_span){ io->y, io->y + io->height };
    domain[SEAM_COLUMNS] = (struct seam_span){ io->x, io->x + io->width };
}

/* Bytes of a tile: of the process's memory, on a device that shares it. */
static bool tile_bytes(const struct gpu_session *s, const struct seam_engine_io *io,
                       uint64_t *host, uint64_t *all)
{
    struct seam_gpu_layout layout;
    struct seam_span domain[2];
    uint64_t device;
    set_domain(io, domain);
    if (!seam_gpu_tile_measure(s->cores[0], domain, &layout, &device, host))
        return false;
    *all = *host + (s->cores[0]->device->is.shares_memory ? device : 0);
    return true;
}

/* Whether a tile runs by the commands of another's: blocks begin alike in both. */
static bool is_alike(const struct seam_gpu_tile *t, const struct seam_span domain[2],
                     int64_t alignment)
{
    for (int dir = 0; dir < 2; dir++)
        if (domain[dir].end - domain[dir].begin != t->domain[dir].end - t->domain[dir].begin ||
            (domain[dir].begin - t->domain[dir].begin) % alignment != 0)
            return false;
    return true;
}

static VkResult take_tile(struct gpu_session *s, const struct seam_engine_io *io)
{
    struct slot *slot = &s->slots[io->slot];
    struct seam_span domain[2];
    set_domain(io, domain);
    if (slot->tile && is_alike(slot->tile, domain, s->engine->net->alignment))
        return VK_SUCCESS;
    seam_gpu_tile_close(&slot->tile);
    return seam_gpu_tile_open(&slot->tile, core_of(s, io->slot), domain);
}

/* A run that had the device for itself shows what that does, and so how much of it ends soon. */
static void learn_rate(struct gpu_session *s, const struct slot *slot)
{
    struct seam_gpu_core *core = slot->tile->core;
    const double taken = seam_clock() - slot->begun;
    if (slot->begun <= 0 || taken <= 0)
        return;
    pthread_mutex_lock(&s->engine->lock);
    core->rate = fmax(core->rate, slot->tile->cut.work / taken);
    pthread_mutex_unlock(&s->engine->lock);
}

static VkResult submit_once(struct gpu_session *s, const struct seam_engine_io *io)
{
    const struct seam_net *net = s->engine->net;
    struct slot *slot = &s->slots[io->slot];
    VkResult r = take_tile(s, io);
    if (r != VK_SUCCESS)
        return r;
    memcpy(slot->tile->in.map, io->input,
           (size_t)(io->width * io->height) * (size_t)net->tensors[net->input].channels *
               sizeof(*io->input));
    pthread_mutex_lock(&s->engine->lock);
    r = seam_gpu_tile_submit(slot->tile);
    pthread_mutex_unlock(&s->engine->lock);
    return r;
}

static enum seam_result run_failed(struct gpu_session *s, const struct seam_engine_io *io,
                                   VkResult v, struct seam_log *log)
{
    const struct seam_device *is = &core_of(s, io->slot)->device->is;
    seam_gpu_tile_close(&s->slots[io->slot].tile);
    if (seam_vk_result(v) == SEAM_ERROR_MEMORY)
        return no_room(s, io, log);
    return seam_log_fail(log, SEAM_ERROR_ENGINE, "%s (driver %s): %s; use --device cpu", is->name,
                         is->driver, seam_vk_words(v));
}

/* Submit, on another device where this one is lost. */
static enum seam_result submit(struct gpu_session *s, const struct seam_engine_io *io,
                               struct seam_log *log)
{
    VkResult v = submit_once(s, io);
    while (v == VK_ERROR_DEVICE_LOST) {
        const enum seam_result r = recover(s, device_of(s, io->slot), log);
        if (r != SEAM_OK)
            return r;
        v = submit_once(s, io);
    }
    return v == VK_SUCCESS ? SEAM_OK : run_failed(s, io, v, log);
}

enum seam_result seam_gpu_submit(void *session, struct seam_engine_io *io, struct seam_log *log)
{
    struct gpu_session *s = session;
    uint64_t host, all, flying = 1;
    if (s->dead)
        return say_lost(s, log);
    if (!tile_bytes(s, io, &host, &all))
        return no_room(s, io, log);
    for (int i = 0; i < SEAM_MOST_IN_FLIGHT; i++)
        flying += s->flies[i];
    if (all > s->room / flying) {
        io->lacked = flying * all - s->room;
        return no_room(s, io, log);
    }
    s->peak = flying * host > s->peak ? flying * host : s->peak;
    s->slots[io->slot].again = false;
    s->slots[io->slot].begun = flying == 1 ? seam_clock() : 0;
    const enum seam_result r = submit(s, io, log);
    s->flies[io->slot] = r == SEAM_OK;
    return r;
}

enum seam_result seam_gpu_wait(void *session, struct seam_engine_io *io, struct seam_log *log)
{
    struct gpu_session *s = session;
    struct slot *slot = &s->slots[io->slot];
    enum seam_result r = SEAM_OK;
    int torn = 0;
    s->flies[io->slot] = false;
    for (;;) {
        if (s->dead)
            return say_lost(s, log);
        if (slot->again) {
            slot->again = false;
            r = submit(s, io, log);
        }
        if (r != SEAM_OK)
            return r;
        const VkResult v = seam_gpu_tile_wait(slot->tile);
        if (v == VK_SUCCESS && seam_gpu_tile_is_whole(slot->tile)) {
            learn_rate(s, slot);
            io->result = slot->tile->out.map;
            return SEAM_OK;
        }
        if (v != VK_SUCCESS && v != VK_ERROR_DEVICE_LOST)
            return run_failed(s, io, v, log);
        /* A driver that resets a device may say nothing of it, and what it was at is not done. */
        if (v != VK_SUCCESS || torn++ > 0)
            r = recover(s, device_of(s, io->slot), log);
        slot->again = true;
    }
}

enum seam_result seam_gpu_run(void *session, struct seam_engine_io *io, struct seam_log *log)
{
    const enum seam_result r = seam_gpu_submit(session, io, log);
    return r == SEAM_OK ? seam_gpu_wait(session, io, log) : r;
}

/* ------------------------------------------------------------------------------------------------
 * Trials
 * --------------------------------------------------------------------------------------------- */

/* Whether the network takes it, and something comes out. */
static enum seam_result check_size(const struct gpu_session *s, struct seam_engine_io *io,
                                   struct seam_log *log)
{
    const struct seam_net *net = s->engine->net;
    struct seam_span domain[2];
    set_domain(io, domain);
    if (io->width % net->alignment != 0 || io->height % net->alignment != 0)
        return seam_log_fail(log, SEAM_ERROR_ENGINE, "%s: %" PRId64 " x %" PRId64 " pixels: sides "
                             "must be multiples of %" PRId64, s->engine->name, io->width,
                             io->height, net->alignment);
    for (int t = 0; t < net->n_tensors; t++)
        for (int dir = 0; dir < 2; dir++) {
            const struct seam_span of = seam_net_domain(&net->tensors[t], dir, domain[dir]);
            if (of.end <= of.begin)
                return seam_log_fail(log, SEAM_ERROR_ENGINE, "%s: %" PRId64 " x %" PRId64
                                     " pixels are too few", s->engine->name, io->width,
                                     io->height);
        }
    return SEAM_OK;
}

enum seam_result seam_gpu_try_size(void *session, struct seam_engine_trial *trial,
                                   struct seam_log *log)
{
    struct gpu_session *s = session;
    const struct seam_net *net = s->engine->net;
    struct seam_engine_io io = { .batch = 1, .width = trial->width, .height = trial->height };
    uint64_t all;
    enum seam_result r = check_size(s, &io, log);
    if (r != SEAM_OK)
        return r;
    const size_t samples = (size_t)(io.width * io.height) *
                           (size_t)net->tensors[net->input].channels;
    float *grey = malloc(samples * sizeof(*grey));
    if (!grey)
        return seam_log_fail(log, SEAM_ERROR_MEMORY, "%s: no memory for a trial run",
                             s->engine->name);
    for (size_t i = 0; i < samples; i++)
        grey[i] = 0.5f;
    io.input = grey;
    r = seam_gpu_run(s, &io, log);
    free(grey);
    if (r != SEAM_OK)
        return r;
    trial->out_width = s->slots[0].tile->layout.out_width;
    trial->out_height = s->slots[0].tile->layout.out_height;
    trial->channels_out = net->result.channels;
    /* The rest is the device's. */
    return tile_bytes(s, &io, &trial->scratch_bytes, &all) ? SEAM_OK : no_room(s, &io, log);
}
