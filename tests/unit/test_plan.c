/* What a plan decides: tile from memory, blend, exactness, feed; and what it refuses, in words. */
#include "unit.h"

/* Tiles of 512 fit any picture below: multiples of all sizes of the table. */
static struct request large_request(uint64_t pool)
{
    struct request q = request_plain(20480, 20480);
    q.params.blend = SEAM_BLEND_NONE;
    q.machine.pool = pool;
    q.machine.available = pool;
    return q;
}

static void test_table(void)
{
    static const struct {
        int gb, tile;
    } rows[] = { { 8, 512 }, { 10, 512 }, { 16, 512 }, { 20, 512 }, { 23, 512 }, { 24, 1024 },
                 { 32, 1024 }, { 48, 1024 }, { 63, 1024 }, { 64, 2048 }, { 128, 2048 } };
    for (size_t i = 0; i < SEAM_ARRAY_LEN(rows); i++) {
        struct request q = large_request((uint64_t)rows[i].gb * 1000000000);
        struct seam_plan plan;
        g_assert_cmpint(request_try(&q, &plan), ==, SEAM_OK);
        g_assert_cmpint(plan.x.tile, ==, rows[i].tile);
        g_assert_cmpint(plan.y.tile, ==, rows[i].tile);
    }
    /* Below 8 GB too the tile starts at 512, and is halved where the model asks for too much. */
    struct request q = large_request(4000000000);
    struct seam_plan plan;
    g_assert_cmpint(request_try(&q, &plan), ==, SEAM_OK);
    g_assert_cmpint(plan.x.tile, ==, 512);
    q.facts.scratch_per_pixel = 30000;
    g_assert_cmpint(request_try(&q, &plan), ==, SEAM_OK);
    g_assert_cmpint(plan.x.tile, <=, 512);
    g_assert_cmpint(plan.y.tile, ==, 256);
    /* Tiles on a device go by its own memory, whatever the machine's. */
    static const struct {
        int gb, stated, tile;
    } devices[] = { { 8, 0, 512 }, { 24, 0, 1024 }, { 80, 0, 2048 }, { 80, 30, 1024 } };
    for (size_t i = 0; i < SEAM_ARRAY_LEN(devices); i++) {
        q = large_request(40000000000);
        q.facts.device_whole = (uint64_t)devices[i].gb * 1000000000;
        q.facts.device.memory = q.facts.device_whole / 10 * 8;
        q.facts.device.in_flight = 3;
        q.params.device_memory = (uint64_t)devices[i].stated * 1000000000;
        g_assert_cmpint(request_try(&q, &plan), ==, SEAM_OK);
        g_assert_cmpint(plan.x.tile, ==, devices[i].tile);
        g_assert_cmpint(plan.y.tile, ==, devices[i].tile);
    }
    /* A budget that is stated is the pool to look up, a larger one than the machine's is not. */
    q = large_request(128000000000);
    q.params.memory = 20000000000;
    g_assert_cmpint(request_try(&q, &plan), ==, SEAM_OK);
    g_assert_cmpint(plan.x.tile, ==, 512);
    q.machine.pool = 30000000000;
    q.params.memory = 100000000000;
    g_assert_cmpint(request_try(&q, &plan), ==, SEAM_OK);
    g_assert_cmpint(plan.x.tile, ==, 1024);
}

static void test_blend(void)
{
    static const struct {
        bool known;
        int64_t field, halo, overlap;
        double percent;
        enum seam_blend asked, got;
        int64_t pixels;
        enum seam_exact exact;
    } rows[] = {
        { true, 10, SEAM_AUTO, SEAM_AUTO, 10, SEAM_BLEND_AUTO, SEAM_BLEND_NONE, 0, 2 },
        { true, 10, 10, SEAM_AUTO, 10, SEAM_BLEND_AUTO, SEAM_BLEND_NONE, 0, 2 },
        { true, 10, 9, SEAM_AUTO, 10, SEAM_BLEND_AUTO, SEAM_BLEND_LINEAR, 20, 0 },
        { false, 0, SEAM_AUTO, SEAM_AUTO, 10, SEAM_BLEND_AUTO, SEAM_BLEND_LINEAR, 20, 0 },
        { false, 0, 99, SEAM_AUTO, 10, SEAM_BLEND_AUTO, SEAM_BLEND_LINEAR, 20, 0 },
        { false, 0, 99, SEAM_AUTO, 25, SEAM_BLEND_AUTO, SEAM_BLEND_LINEAR, 50, 0 },
        { false, 0, 99, 7, 10, SEAM_BLEND_AUTO, SEAM_BLEND_LINEAR, 7, 0 },
        { false, 0, 99, 0, 10, SEAM_BLEND_AUTO, SEAM_BLEND_NONE, 0, 0 },
        { false, 0, 99, SEAM_AUTO, 0, SEAM_BLEND_AUTO, SEAM_BLEND_NONE, 0, 0 },
        { true, 10, 10, 7, 10, SEAM_BLEND_AUTO, SEAM_BLEND_LINEAR, 7, 2 },
        { true, 10, 10, SEAM_AUTO, 10, SEAM_BLEND_LINEAR, SEAM_BLEND_LINEAR, 20, 2 },
        { true, 10, 10, SEAM_AUTO, 10, SEAM_BLEND_GAUSSIAN, SEAM_BLEND_GAUSSIAN, 20, 2 },
        { false, 0, 10, 16, 10, SEAM_BLEND_NONE, SEAM_BLEND_NONE, 0, 0 },
    };
    for (size_t i = 0; i < SEAM_ARRAY_LEN(rows); i++) {
        struct request q = request_plain(1000, 1000);
        q.params.tile_width = q.params.tile_height = 200;
        q.facts.field_known = rows[i].known;
        q.facts.field = q.facts.halo = rows[i].field;
        q.params.halo = rows[i].halo;
        q.params.overlap = rows[i].overlap;
        q.params.overlap_percent = rows[i].percent;
        q.params.blend = rows[i].asked;
        struct seam_plan plan;
        g_assert_cmpint(request_try(&q, &plan), ==, SEAM_OK);
        g_assert_cmpint(plan.blend, ==, rows[i].got);
        g_assert_cmpint(plan.x.overlap, ==, rows[i].pixels);
        g_assert_cmpint(plan.y.overlap, ==, rows[i].pixels);
        g_assert_cmpint(plan.exact, ==, rows[i].exact);
    }
}

static void test_halo(void)
{
    struct request q = request_plain(1000, 1000);
    struct seam_plan plan;
    q.facts.field_known = false;
    g_assert_cmpint(request_try(&q, &plan), ==, SEAM_OK);
    g_assert_cmpint(plan.halo, ==, 32); /* the default while the field is not known */
    q.facts.field_known = true;
    q.facts.field = q.facts.halo = 17;
    g_assert_cmpint(request_try(&q, &plan), ==, SEAM_OK);
    g_assert_cmpint(plan.halo, ==, 17);
    q.facts.alignment = 8;
    g_assert_cmpint(request_try(&q, &plan), ==, SEAM_OK);
    g_assert_cmpint(plan.halo, ==, 24);
    q.facts.crop = 30;
    g_assert_cmpint(request_try(&q, &plan), ==, SEAM_OK);
    g_assert_cmpint(plan.halo, ==, 32);
    /* The promise is the model's at best, and none where the halo falls short. */
    q.facts.exact = SEAM_EXACT_NUMERIC;
    g_assert_cmpint(request_try(&q, &plan), ==, SEAM_OK);
    g_assert_cmpint(plan.exact, ==, SEAM_EXACT_NUMERIC);
    q.facts.crop = 0;
    q.params.halo = 16;
    g_assert_cmpint(request_try(&q, &plan), ==, SEAM_OK);
    g_assert_cmpint(plan.exact, ==, SEAM_EXACT_NO);
}

/* Around the picture lies what can be seen, or what the network cuts off, and no more; around a
 * tile all that the network sees. */
static void test_margin(void)
{
    static const struct {
        int64_t field, alignment, crop, halo, margin;
    } rows[] = { { 17, 1, 0, 17, 17 },      { 128, 1, 0, 128, 128 },   { 129, 1, 0, 129, 128 },
                 { 483, 16, 0, 496, 128 },  { 483, 48, 0, 528, 144 },  { 40, 256, 0, 256, 256 },
                 { 300, 1, 200, 300, 200 }, { 100, 16, 100, 112, 112 } };
    for (size_t i = 0; i < SEAM_ARRAY_LEN(rows); i++) {
        struct request q = request_plain(1000, 1000);
        struct seam_plan plan;
        q.facts.field_known = true;
        q.facts.field = q.facts.halo = rows[i].field;
        q.facts.alignment = rows[i].alignment;
        q.facts.crop = rows[i].crop;
        q.params.tile_width = q.params.tile_height = 512;
        g_assert_cmpint(request_try(&q, &plan), ==, SEAM_OK);
        g_assert_cmpint(plan.halo, ==, rows[i].halo);
        g_assert_cmpint(plan.margin, ==, rows[i].margin);
        g_assert_cmpint(plan.x.domain_begin, ==, -rows[i].margin);
        g_assert_cmpint(plan.exact, ==, SEAM_EXACT_BITS);
    }
}

/* Bands of the picture against channels of the network. */
static void test_feed(void)
{
    static const struct {
        int bands;
        bool alpha;
        int in, out;
        enum seam_luma luma;
        int feed; /* -1: refused */
        int runs, out_bands;
    } rows[] = {
        { 3, false, 3, 3, SEAM_LUMA_FULL, SEAM_FEED_DIRECT, 1, 3 },
        { 1, false, 1, 1, SEAM_LUMA_FULL, SEAM_FEED_DIRECT, 1, 1 },
        { 1, false, 1, 3, SEAM_LUMA_FULL, SEAM_FEED_DIRECT, 1, 3 },
        { 1, false, 3, 3, SEAM_LUMA_FULL, SEAM_FEED_EACH, 1, 1 },
        { 1, false, 3, 1, SEAM_LUMA_FULL, SEAM_FEED_EACH, 1, 1 },
        { 2, true, 3, 3, SEAM_LUMA_FULL, SEAM_FEED_EACH, 1, 2 },
        { 4, true, 3, 3, SEAM_LUMA_FULL, SEAM_FEED_DIRECT, 1, 4 },
        { 4, true, 4, 4, SEAM_LUMA_FULL, SEAM_FEED_DIRECT, 1, 4 },
        { 3, false, 1, 1, SEAM_LUMA_FULL, SEAM_FEED_LUMA, 1, 3 },
        { 3, false, 1, 1, SEAM_LUMA_STUDIO, SEAM_FEED_LUMA, 1, 3 },
        { 4, true, 1, 1, SEAM_LUMA_FULL, SEAM_FEED_LUMA, 1, 4 },
        { 3, false, 1, 1, SEAM_LUMA_EACH, SEAM_FEED_EACH, 3, 3 },
        { 5, false, 1, 1, SEAM_LUMA_FULL, SEAM_FEED_EACH, 5, 5 },
        { 5, false, 3, 3, SEAM_LUMA_EACH, SEAM_FEED_EACH, 5, 5 },
        { 2, false, 3, 3, SEAM_LUMA_FULL, SEAM_FEED_GROUPS, 1, 2 },
        { 4, false, 3, 3, SEAM_LUMA_FULL, SEAM_FEED_GROUPS, 2, 4 },
        { 6, false, 3, 3, SEAM_LUMA_FULL, SEAM_FEED_GROUPS, 2, 6 },
        { 14, true, 3, 3, SEAM_LUMA_FULL, SEAM_FEED_GROUPS, 5, 14 },
        { 5, false, 5, 5, SEAM_LUMA_FULL, SEAM_FEED_DIRECT, 1, 5 },
        { 5, false, 4, 4, SEAM_LUMA_FULL, -1, 0, 0 },
        { 3, false, 4, 4, SEAM_LUMA_FULL, -1, 0, 0 },
        { 3, false, 6, 3, SEAM_LUMA_FULL, -1, 0, 0 },
    };
    for (size_t i = 0; i < SEAM_ARRAY_LEN(rows); i++) {
        struct request q = request_plain(100, 100);
        q.picture.bands = rows[i].bands;
        q.picture.alpha = rows[i].alpha;
        q.facts.channels_in = rows[i].in;
        q.facts.channels_out = rows[i].out;
        q.params.luma = rows[i].luma;
        struct seam_plan plan;
        struct seam_log log;
        const enum seam_result r = request_make(&q, &plan, &log);
        if (rows[i].feed < 0) {
            assert_said(&log, SEAM_ERROR_ARGUMENT, "net,channels,bands");
            continue;
        }
        g_assert_cmpint(r, ==, SEAM_OK);
        g_assert_cmpint(plan.feed, ==, rows[i].feed);
        g_assert_cmpint(plan.runs, ==, rows[i].runs);
        g_assert_cmpint(plan.out_bands, ==, rows[i].out_bands);
        /* Alpha through the network is one run more. */
        if (plan.picture.alpha && rows[i].in == rows[i].out) {
            q.params.alpha = SEAM_ALPHA_MODEL;
            g_assert_cmpint(request_try(&q, &plan), ==, SEAM_OK);
            g_assert_cmpint(plan.runs, ==, rows[i].runs + 1);
        }
    }
}

/* One wrong thing each, and what the message must say of it. */
static void test_errors(void)
{
#define WRONG(words, ...)                                                                          \
    do {                                                                                           \
        struct request q = request_plain(1000, 700);                                               \
        struct seam_params *const p = &q.params;                                                   \
        struct seam_facts *const f = &q.facts;                                                     \
        struct seam_picture *const in = &q.picture;                                                \
        (void)p, (void)f, (void)in;                                                                \
        __VA_ARGS__;                                                                               \
        struct seam_plan plan;                                                                     \
        struct seam_log log;                                                                       \
        g_assert_cmpint(request_make(&q, &plan, &log), ==, SEAM_ERROR_ARGUMENT);                   \
        assert_said(&log, SEAM_ERROR_ARGUMENT, words);                                             \
    } while (0)
    WRONG("0 x 700,must be 1 to", in->width = 0);
    WRONG("1000 x -3,must be 1 to", in->height = -3);
    WRONG("2147483648 x 700,must be", in->width = 2147483648);
    WRONG("1000 x 9223372036854775807", in->height = INT64_MAX);
    WRONG("0 bands", in->bands = 0);
    WRONG("5000 bands", in->bands = 5000);
    WRONG("1 bands,alpha", in->bands = 1, in->alpha = true);
    WRONG("sample,9", in->sample = (enum seam_sample)9);
    WRONG("transfer,9", in->transfer = (enum seam_transfer)9);
    WRONG("linear,float", in->transfer = SEAM_TRANSFER_SRGB);
    WRONG("tile width,is 0,1 to,auto", p->tile_width = 0);
    WRONG("tile height,is -2,1 to,auto", p->tile_height = -2);
    WRONG("tile height,is 2147483648", p->tile_height = 2147483648);
    WRONG("halo,is -5,0 to,auto", p->halo = -5);
    WRONG("halo,9223372036854775807", p->halo = INT64_MAX);
    WRONG("overlap,is -7,0 to", p->overlap = -7);
    WRONG("overlap,-1 %,0 to 50", p->overlap_percent = -1);
    WRONG("overlap,50.5 %,0 to 50", p->overlap_percent = 50.5);
    WRONG("overlap,nan,0 to 50", p->overlap_percent = (double)NAN);
    WRONG("range,1..1,0..255", p->range_lo = 1, p->range_hi = 1);
    WRONG("range,0..inf,finite", p->range_lo = 0, p->range_hi = (double)INFINITY);
    WRONG("range,-inf..1,finite", p->range_lo = -(double)INFINITY, p->range_hi = 1);
    WRONG("strength,1.5,0 to 1", p->strength = 1.5);
    WRONG("strength,nan,0 to 1", p->strength = (double)NAN);
    WRONG("strength,0.5,net,size", p->strength = 0.5, f->scale_num = 2);
    WRONG("output,9", p->out_sample = 9);
    WRONG("output,-2", p->out_sample = -2);
    WRONG("edge,77", p->edge = (enum seam_edge)77);
    WRONG("blend,77", p->blend = (enum seam_blend)77);
    WRONG("alpha,77", p->alpha = (enum seam_alpha)77);
    WRONG("luma,77", p->luma = (enum seam_luma)77);
    WRONG("order,77", p->order = (enum seam_order)77);
    WRONG("tile of 16,overlap of 9,twice,larger --tile,smaller --overlap", p->tile_width = 16,
          p->overlap = 9, p->blend = SEAM_BLEND_LINEAR);
    WRONG("tile of 7,alignment 8,larger --tile", p->tile_width = 7, f->alignment = 8);
    WRONG("net,4 in and 4 out,--alpha scale", p->alpha = SEAM_ALPHA_MODEL, in->bands = 5,
          in->alpha = true, f->channels_in = f->channels_out = 4);
    WRONG("halo of 40,64 pixels,net,--halo 16", p->halo = 40,
          f->fixed_width = f->fixed_height = 64);
    WRONG("net,100 x 100,alignment of 8,--align 4", f->alignment = 8,
          f->fixed_width = f->fixed_height = 100);
#undef WRONG
}

/* What was measured counts where nothing is exact, where it is asked for, and where no exact plan
 * fits: never because of a tile that the user wants. */
static void test_reach(void)
{
    static const struct {
        int64_t exact, reach, asked; /* exact: SEAM_AUTO where the field is not bounded */
        int64_t halo;
        enum seam_halo_reason reason;
        enum seam_exact promise;
    } rows[] = {
        { 40, SEAM_AUTO, SEAM_AUTO, 40, SEAM_HALO_EXACT, SEAM_EXACT_BITS },
        { 40, 12, SEAM_AUTO, 40, SEAM_HALO_EXACT, SEAM_EXACT_BITS },
        { 40, 12, SEAM_HALO_FAST, 12, SEAM_HALO_REACH, SEAM_EXACT_NO },
        { 40, 60, SEAM_HALO_FAST, 40, SEAM_HALO_EXACT, SEAM_EXACT_BITS },
        { 40, SEAM_AUTO, SEAM_HALO_FAST, 40, SEAM_HALO_EXACT, SEAM_EXACT_BITS },
        { 40, 12, 39, 39, SEAM_HALO_ASKED, SEAM_EXACT_NO },
        { 40, 12, 41, 41, SEAM_HALO_ASKED, SEAM_EXACT_BITS },
        { SEAM_AUTO, 12, SEAM_AUTO, 12, SEAM_HALO_REACH, SEAM_EXACT_NO },
        { SEAM_AUTO, 12, SEAM_HALO_FAST, 12, SEAM_HALO_REACH, SEAM_EXACT_NO },
        { SEAM_AUTO, SEAM_AUTO, SEAM_HALO_FAST, 32, SEAM_HALO_DEFAULT, SEAM_EXACT_NO },
        { SEAM_AUTO, 12, 5, 5, SEAM_HALO_ASKED, SEAM_EXACT_NO },
    };
    static const int64_t tiles[] = { SEAM_AUTO, 16, 300 };
    for (size_t i = 0; i < SEAM_ARRAY_LEN(rows); i++)
        for (size_t k = 0; k < SEAM_ARRAY_LEN(tiles); k++) {
            struct request q = request_plain(2000, 2000);
            struct seam_plan plan;
            q.facts.field_known = rows[i].exact != SEAM_AUTO;
            q.facts.halo = q.facts.field_known ? rows[i].exact : 0;
            q.facts.field = q.facts.halo;
            q.facts.exact = q.facts.field_known ? SEAM_EXACT_BITS : SEAM_EXACT_NO;
            q.params.reach = rows[i].reach;
            q.params.halo = rows[i].asked;
            q.params.tile_width = q.params.tile_height = tiles[k];
            g_assert_cmpint(request_try(&q, &plan), ==, SEAM_OK);
            g_assert_cmpint(plan.halo, ==, rows[i].halo);
            g_assert_cmpint(plan.halo_reason, ==, rows[i].reason);
            g_assert_cmpint(plan.exact, ==, rows[i].promise);
            g_assert_cmpint(plan.exact_halo, ==, rows[i].exact);
            g_assert_cmpint(plan.blend, ==,
                            rows[i].promise ? SEAM_BLEND_NONE : SEAM_BLEND_LINEAR);
        }
}

/* An exact plan that does not fit gives way to what was measured, if that is less and fits. */
static void test_reach_in_little_memory(void)
{
    struct request q = request_plain(4000, 4000);
    struct seam_plan plan;
    q.facts.field = q.facts.halo = 350;
    q.facts.scratch_per_pixel = 1000;
    q.params.memory = 400000000;
    g_assert_cmpint(request_try(&q, &plan), ==, SEAM_ERROR_MEMORY);
    q.params.reach = 400;
    g_assert_cmpint(request_try(&q, &plan), ==, SEAM_ERROR_MEMORY);
    q.params.reach = 30;
    g_assert_cmpint(request_try(&q, &plan), ==, SEAM_OK);
    g_assert_cmpint(plan.halo, ==, 30);
    g_assert_cmpint(plan.exact_halo, ==, 350);
    g_assert_cmpint(plan.halo_reason, ==, SEAM_HALO_REACH);
    g_assert_cmpint(plan.exact, ==, SEAM_EXACT_NO);
    g_assert_cmpint(plan.blend, ==, SEAM_BLEND_LINEAR);
    q.params.memory = 1200000000;
    g_assert_cmpint(request_try(&q, &plan), ==, SEAM_OK);
    g_assert_cmpint(plan.halo, ==, 350);
    g_assert_cmpint(plan.exact, ==, SEAM_EXACT_BITS);
    /* A tile that is asked for makes nothing inexact where another would be exact. */
    q.params.tile_width = q.params.tile_height = 800;
    g_assert_cmpint(request_try(&q, &plan), ==, SEAM_ERROR_MEMORY);
    q.params.memory = 900000000;
    q.facts.scratch_per_pixel = 2000;
    q.params.tile_width = q.params.tile_height = 400;
    g_assert_cmpint(request_try(&q, &plan), ==, SEAM_OK);
    g_assert_cmpint(plan.halo, ==, 30);
}

/* What is told to be enough is enough, and of the exact plan and the other the smaller need is
 * told. */
static void test_least_need(void)
{
    struct request q = request_plain(20000, 400);
    struct seam_plan plan;
    struct seam_log log;
    q.facts.field = q.facts.halo = 18;
    q.facts.scale_num = 4;
    q.facts.scratch_per_pixel = 700;
    q.params.tile_width = q.params.tile_height = 300;
    q.params.reach = 16;
    q.params.memory = 100000000;
    seam_log_init(&log);
    g_assert_cmpint(request_make(&q, &plan, &log), ==, SEAM_ERROR_MEMORY);
    const char *told = strstr(log.error, "--memory ");
    g_assert_nonnull(told);
    q.params.memory = strtoull(told + 9, NULL, 10) * 1000000;
    assert_ok(request_make(&q, &plan, &log), &log);
    g_assert_cmpint(plan.exact, ==, SEAM_EXACT_BITS);
}

/* A network that rolls its picture sees the far border at this one, unless a halo is between. */
static void test_wrapped_border(void)
{
    struct request q = request_plain(1000, 700);
    struct seam_plan plan;
    q.facts.field = q.facts.halo = 10;
    q.facts.wraps_border = true;
    g_assert_cmpint(request_try(&q, &plan), ==, SEAM_OK);
    g_assert_cmpint(plan.exact, ==, SEAM_EXACT_BITS);
    q.params.edge = SEAM_EDGE_MODEL;
    g_assert_cmpint(request_try(&q, &plan), ==, SEAM_OK);
    g_assert_cmpint(plan.exact, ==, SEAM_EXACT_NO);
    g_assert_cmpint(plan.exact_halo, ==, SEAM_AUTO);
}

/* The remedy of the last but one above is one. */
static void test_fixed_halo(void)
{
    struct request q = request_plain(1000, 700);
    struct seam_plan plan;
    q.facts.fixed_width = q.facts.fixed_height = 64;
    q.params.halo = 16;
    g_assert_cmpint(request_try(&q, &plan), ==, SEAM_OK);
    g_assert_cmpint(plan.x.padded, ==, 64);
    g_assert_cmpint(plan.y.padded, ==, 64);
    /* Where the halo is not stated it gives way to the shape, and the promise with it. */
    q.params.halo = SEAM_AUTO;
    q.facts.field = q.facts.halo = 40;
    g_assert_cmpint(request_try(&q, &plan), ==, SEAM_OK);
    g_assert_cmpint(plan.halo, ==, 16);
    g_assert_cmpint(plan.exact, ==, SEAM_EXACT_NO);
}

/* Whatever memory there is: the plan fits it, or the message names the least that does. */
static void test_budget(void)
{
    const int cases = many(1200);
    int refused = 0, shrunk = 0;
    for (int i = 0; more(i, cases, refused > cases / 60 && shrunk > cases / 60); i++) {
        struct request q = request_random(toss() ? 3000 : 40000);
        static const uint64_t pools[] = { 4, 16, 24, 64, 128 };
        q.params.tile_width = pick(0, 3) ? SEAM_AUTO : q.params.tile_width;
        q.params.tile_height = pick(0, 3) ? SEAM_AUTO : q.params.tile_height;
        q.machine.pool = PICK(pools) * 1000000000;
        q.machine.resident = (uint64_t)pick(1, 80) * 1000000;
        q.machine.available = (uint64_t)pick(1, 4000) * 100000;
        q.facts.scratch_per_pixel = toss() ? 0 : pick(0, 5000);
        q.facts.scratch_bytes = toss() ? 0 : (uint64_t)pick(0, 50000000);
        if (toss())
            q.params.memory = (uint64_t)pick(1, 2000) * 100000;
        char *text = request_describe(&q);
        struct seam_plan plan;
        struct seam_log log;
        const enum seam_result r = request_make(&q, &plan, &log);
        if (r == SEAM_OK) {
            g_assert_cmpuint(plan.peak_bytes, <=, plan.budget_bytes);
            g_assert_cmpuint(plan.peak_bytes, ==,
                             plan.window_bytes + plan.band_bytes + plan.tensor_bytes +
                                 plan.scratch_bytes + plan.base_bytes);
            shrunk += q.params.tile_height == SEAM_AUTO && plan.y.tile < 400 && plan.y.tiles > 1;
        } else if (r == SEAM_ERROR_MEMORY) {
            const char *at = strstr(log.error, "--memory ");
            g_assert_nonnull(at);
            q.params.memory = strtoull(at + strlen("--memory "), NULL, 10) * 1000000;
            struct seam_log again;
            if (request_make(&q, &plan, &again) != SEAM_OK)
                g_error("%s: after '%s' still '%s'", text, log.error, again.error);
            /* It holds a reserve of 3 MB and 4 %: without that, and a megabyte, it would not do. */
            const uint64_t least = (q.params.memory - 3000000) / 26 * 25;
            q.params.memory = least - 1000000;
            g_assert_true(least <= 1000000 || request_try(&q, &plan) == SEAM_ERROR_MEMORY);
            refused++;
        } else {
            g_assert_cmpint(r, ==, SEAM_ERROR_ARGUMENT);
        }
        g_free(text);
    }
}

/* Settings that are left to the plan never make it refuse: any alignment, percentage and memory. */
static void test_auto_never_contradicts(void)
{
    for (int i = 0; i < many(1000); i++) {
        struct request q = request_plain(random_side(5000), random_side(5000));
        q.facts.alignment = pick(1, 130);
        q.facts.field_known = toss();
        q.params.overlap_percent = pick(0, 50);
        q.params.blend = (enum seam_blend)pick(0, 3);
        q.facts.scratch_per_pixel = pick(0, 2000);
        q.machine.available = (uint64_t)pick(1, 4000) * 100000;
        struct seam_plan plan;
        struct seam_log log;
        const enum seam_result r = request_make(&q, &plan, &log);
        if (r != SEAM_OK && r != SEAM_ERROR_MEMORY)
            g_error("alignment %" PRId64 ", %g %%: %s", q.facts.alignment,
                    q.params.overlap_percent, log.error);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/plan/reach", test_reach);
    g_test_add_func("/plan/reach-in-little-memory", test_reach_in_little_memory);
    g_test_add_func("/plan/least-need", test_least_need);
    g_test_add_func("/plan/wrapped-border", test_wrapped_border);
    g_test_add_func("/plan/table", test_table);
    g_test_add_func("/plan/blend", test_blend);
    g_test_add_func("/plan/halo", test_halo);
    g_test_add_func("/plan/margin", test_margin);
    g_test_add_func("/plan/feed", test_feed);
    g_test_add_func("/plan/errors", test_errors);
    g_test_add_func("/plan/fixed-halo", test_fixed_halo);
    g_test_add_func("/plan/budget", test_budget);
    g_test_add_func("/plan/auto-never-contradicts", test_auto_never_contradicts);
    return g_test_run();
}
