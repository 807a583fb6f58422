/* The parts a plan is made of, in the order they are called (plan.c). Each fills its share of the
 * plan and reads what the parts before it filled. Pure. */
#ifndef SEAM_PLAN_PARTS_H
#define SEAM_PLAN_PARTS_H

#include "seamless/seamless.h"

/* Beyond this no format nor library goes, and no product of two sizes leaves int64_t. */
#define SEAM_LARGEST_SIDE INT32_MAX

/* No tile that is left to the plan is smaller. */
#define SEAM_SMALLEST_TILE 32

/* The most that is mirrored around a picture, however far the network sees: what lies farther off
 * moves no sample that can be seen. A U-Net that sees 497 pixels gives the same to 2e-5 of the
 * range with 128 as with all of them, and to 1e-2 with 64. */
#define SEAM_MOST_MARGIN 128

/* What the search for a tile varies, and what it must keep. */
struct seam_plan_request {
    const struct seam_facts *facts;
    const struct seam_params *params;
    struct seam_log *log;
    uint64_t worth; /* bytes that a faster plan may take, at most the budget */
    bool by_rows;   /* rows are asked about: what sums up the whole picture does so in passes */
    int64_t tile_width, tile_height; /* targets wanted; the plan's are balanced, so at most these */
    int batch;       /* tiles wanted in one run; no more than a band has */
    int in_flight;   /* runs wanted at a time; no more than there are */
};

/* What is wrong with the picture or the settings, whatever the network (check.c). */
enum seam_result seam_plan_check_picture(const struct seam_picture *p, struct seam_log *log);
enum seam_result seam_plan_check_params(const struct seam_params *p, struct seam_log *log);

/* Whether a network can be as they say (check_facts.c). */
enum seam_result seam_plan_check_facts(const struct seam_facts *f, struct seam_log *log);

/* A range that floats tell apart, black from white (check.c). */
enum seam_result seam_plan_check_range(double lo, double hi, struct seam_log *log);

/* Which band of the picture meets which channel of the network (feed.c). */
enum seam_result seam_plan_feed(struct seam_plan *plan, const struct seam_plan_request *q);

/* The halo, what it makes exact, and whether tiles blend (halo.c). */
enum seam_result seam_plan_halo(struct seam_plan *plan, const struct seam_plan_request *q);
void seam_plan_blend(struct seam_plan *plan, const struct seam_plan_request *q);

/* Tiles of the wanted size: both axes, waste and memory (layout.c). */
enum seam_result seam_plan_layout(struct seam_plan *plan, const struct seam_plan_request *q);

/* Count every byte that a plan with its axes laid out needs (memory.c); false where they do not
 * fit in 63 bits. */
bool seam_plan_memory(struct seam_plan *plan, const struct seam_facts *facts);

/* Rows that stream through the network, where it can and nothing was asked of tiles: all that the
 * parts below and above decide for tiles (rows.c). False, with the plan as it was, where tiles
 * are to be laid out. */
bool seam_plan_rows(struct seam_plan *plan, const struct seam_plan_request *q);

/* *sum += a * b * c * d; false where that does not fit in 63 bits (memory.c). */
bool seam_plan_add(uint64_t *sum, uint64_t a, uint64_t b, uint64_t c, uint64_t d);

/* Whether it keeps within its device's budget, and within `budget` of the process (memory.c). */
bool seam_plan_fits(const struct seam_plan *plan, uint64_t budget);

/* Find the tile: lay out plans until the best that fits the budget is found (search.c).
 * `pool` is the memory that the table of the design is looked up with. */
enum seam_result seam_plan_search(struct seam_plan *plan, struct seam_plan_request *q,
                                  uint64_t pool);

/* No tile that is left to the plan is smaller: it must bear the alignment and twice the overlap. */
int64_t seam_plan_least_tile(const struct seam_plan *plan, const struct seam_plan_request *q);

/* What one run on a padded tile takes, by the trials or else by the trial that found the geometry:
 * seconds, 0 where not known, and bytes of the engine (cost.c). */
double seam_cost_seconds(const struct seam_facts *facts, double pixels);
/* Seconds for each of several that go through in one run. */
double seam_cost_batch_seconds(const struct seam_facts *facts, double pixels);
double seam_cost_bytes(const struct seam_facts *facts, double width, double height);

/* What the engine takes for all of a plan that is laid out, in seconds. */
double seam_plan_seconds(const struct seam_plan *plan, const struct seam_facts *facts);

/* Fill plan->seconds, and where trials tell what sizes cost, replace the plan by the fastest that
 * fits the budget: of those nearly as fast, the one that needs least memory (cost.c). */
void seam_plan_search_cost(struct seam_plan *plan, struct seam_plan_request *q);

/* Words of 64 bits in a row of the bitmap of visible pixels: a row of a tile, with SEAM_FILL_RADIUS
 * bits of nothing on both sides. 0 where no colours are filled (plan.c). */
int64_t seam_plan_fill_words(const struct seam_plan *plan);

#endif /* SEAM_PLAN_PARTS_H */
