/* What engines that lower a graph share: whether they take what it takes and gives. */
#ifndef SEAM_ENGINE_ENDS_H
#define SEAM_ENGINE_ENDS_H

#include "engine/engine.h"
#include "net/net.h"

/* Whether pictures go in and come out as other engines have them, and every setting means
 * something; else it is said, and facts->obstacle says why. `engine` is its name in messages. */
enum seam_result seam_ends_check(const struct seam_network *network,
                                 const struct seam_model_params *params, const char *engine,
                                 struct seam_facts *facts, struct seam_log *log) SEAM_NODISCARD;

/* Say that the network was not lowered, with `r` as seam_net_open() has it: returned. */
enum seam_result seam_ends_refuse(const struct seam_net_obstacle *why, enum seam_result r,
                                  const char *engine, struct seam_facts *facts,
                                  struct seam_log *log) SEAM_NODISCARD;

#endif /* SEAM_ENGINE_ENDS_H */
