/* The public functions for a program whose structs have other sizes. Pure. */
#include "base/sized.h"
#include "seamless/seamless.h"

void seam_params_init_sized(size_t params_size, struct seam_params *params)
{
    struct seam_params own;
    seam_params_init(&own);
    SEAM_GIVE(params, params_size, own);
}

enum seam_result seam_plan_make_sized(size_t plan_size, size_t facts_size, size_t params_size,
                                      size_t machine_size, struct seam_plan *plan,
                                      const struct seam_picture *picture,
                                      const struct seam_facts *facts,
                                      const struct seam_params *params,
                                      const struct seam_machine *machine, struct seam_log *log)
{
    struct seam_plan made = { 0 };
    struct seam_facts own_facts = { 0 };
    struct seam_params own_params;
    struct seam_machine own_machine = { 0 };
    seam_params_init(&own_params);
    SEAM_TAKE(own_facts, facts, facts_size);
    SEAM_TAKE(own_params, params, params_size);
    SEAM_TAKE(own_machine, machine, machine_size);
    const enum seam_result r =
        seam_plan_make(&made, picture, &own_facts, &own_params, &own_machine, log);
    SEAM_GIVE(plan, plan_size, made);
    return r;
}

enum seam_result seam_plan_check_sized(size_t plan_size, size_t facts_size,
                                       const struct seam_plan *plan,
                                       const struct seam_facts *facts, struct seam_log *log)
{
    struct seam_plan own_plan = { 0 };
    struct seam_facts own_facts = { 0 };
    SEAM_TAKE(own_plan, plan, plan_size);
    SEAM_TAKE(own_facts, facts, facts_size);
    return seam_plan_check(&own_plan, &own_facts, log);
}

size_t seam_plan_identity_sized(size_t plan_size, const struct seam_plan *plan, char *text,
                                size_t size)
{
    struct seam_plan own = { 0 };
    SEAM_TAKE(own, plan, plan_size);
    return seam_plan_identity(&own, text, size);
}

size_t seam_plan_print_sized(size_t plan_size, const struct seam_plan *plan, char *text,
                             size_t size)
{
    struct seam_plan own = { 0 };
    SEAM_TAKE(own, plan, plan_size);
    return seam_plan_print(&own, text, size);
}
