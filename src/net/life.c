/* From when to when a tensor is alive, where one operation runs after the other. */
#include "base/common.h"
#include "net/net.h"

void seam_net_lives(const struct seam_net *net, struct seam_net_life *lives)
{
    for (int i = 0; i < net->n_tensors; i++)
        lives[i] = (struct seam_net_life){ net->tensors[i].op, net->tensors[i].op };
    for (int i = 0; i < net->n_ops; i++)
        for (int k = 0; k < seam_net_sources(&net->ops[i]); k++) {
            const struct seam_ref *ref = seam_net_source(&net->ops[i], k);
            if (ref)
                lives[ref->tensor].last = i;
        }
    lives[net->output].last = net->n_ops;
}

static bool tensor_samples(const struct seam_net_tensor *t, const struct seam_span domain[2],
                           uint64_t *samples)
{
    uint64_t size[2], pixels;
    for (int dir = 0; dir < 2; dir++) {
        const struct seam_span s = seam_net_domain(t, dir, domain[dir]);
        size[dir] = (uint64_t)seam_max(s.end - s.begin, 0);
    }
    return seam_mul_size(size[SEAM_ROWS], size[SEAM_COLUMNS], &pixels) &&
           seam_mul_size(pixels, (uint64_t)t->channels, samples);
}

uint64_t seam_net_peak(const struct seam_net *net, const struct seam_span domain[2],
                       const struct seam_net_life *lives)
{
    uint64_t peak = 0;
    for (int i = -1; i < net->n_ops; i++) {
        uint64_t alive = 0, samples;
        for (int t = 0; t < net->n_tensors; t++) {
            if (lives[t].first > i || lives[t].last < i)
                continue;
            if (!tensor_samples(&net->tensors[t], domain, &samples) ||
                samples > UINT64_MAX / 2 - alive)
                return 0;
            alive += samples;
        }
        peak = alive > peak ? alive : peak;
    }
    return peak;
}
