/* Links: the end of every dispatch. */
#include <string.h>

#include "engine/gpu/program.h"

/* links.glsl counts them so. */
_Static_assert(SEAM_LINK_RELU == 0 && SEAM_LINK_LEAKY == 1 && SEAM_LINK_CLIP == 2 &&
                   SEAM_LINK_SIGMOID == 3 && SEAM_LINK_SWISH == 4 && SEAM_LINK_TANH == 5 &&
                   SEAM_LINK_ELU == 6 && SEAM_LINK_HARD_SIGMOID == 7 &&
                   SEAM_LINK_HARD_SWISH == 8 && SEAM_LINK_GELU == 9 && SEAM_LINK_GELU_TANH == 10 &&
                   SEAM_LINK_ERF == 11 && SEAM_LINK_ABS == 12 && SEAM_LINK_SQRT == 13 &&
                   SEAM_LINK_EXP == 14 && SEAM_LINK_SOFTPLUS == 15,
               "links.glsl");
_Static_assert(SEAM_LINK_ADD == 16 && SEAM_LINK_SUB == 17 && SEAM_LINK_SUB_FROM == 18 &&
                   SEAM_LINK_MUL == 19 && SEAM_LINK_DIV == 20 && SEAM_LINK_DIV_INTO == 21 &&
                   SEAM_LINK_POW == 22 && SEAM_LINK_POW_OF == 23 && SEAM_LINK_MIN == 24 &&
                   SEAM_LINK_MAX == 25,
               "links.glsl");

const char *seam_gpu_links_refused(const struct seam_net_op *op)
{
    for (int i = 0; i < op->n_links; i++) {
        const struct seam_link *l = &op->links[i];
        const bool square = !l->list && l->with.tensor < 0 && l->a == 2;
        if (l->kind == SEAM_LINK_POW_OF || (l->kind == SEAM_LINK_POW && !square))
            return "it takes a power other than the square";
        if (l->kind > SEAM_LINK_MAX)
            return "it rounds";
    }
    return NULL;
}

/* Which of d->with holds it; it is put there. -1: all hold others. */
static int find_with(struct seam_gpu_dispatch *d, const struct seam_ref *with)
{
    for (int i = 0; i < SEAM_GPU_WITH; i++) {
        if (d->with[i].tensor < 0)
            d->with[i] = *with;
        if (memcmp(&d->with[i], with, sizeof(*with)) == 0)
            return i;
    }
    return -1;
}

/* As many links from `first` on as one dispatch takes: their number. */
static int put_links(struct seam_gpu_dispatch *d, const struct seam_net_op *op, int first,
                     int channels)
{
    int32_t *kinds = &d->spec[SEAM_GPU_OWN_SPECS + 1], *modes = kinds + SEAM_GPU_LINKS;
    int n = 0;
    while (n < SEAM_GPU_LINKS && first + n < op->n_links) {
        const struct seam_link *l = &op->links[first + n];
        int mode = l->list ? 1 : 0;
        if (l->with.tensor >= 0) {
            const int slot = find_with(d, &l->with);
            if (slot < 0)
                break;
            mode = l->with.channels == 1 && channels > 1 ? 6 + slot : 2 + slot;
        }
        kinds[n] = (int32_t)l->kind;
        modes[n] = mode;
        n++;
    }
    d->spec[SEAM_GPU_OWN_SPECS] = n;
    return n;
}

/* Their constants: a, b and a list by channel for each. */
static int32_t put_constants(struct seam_gpu_program *p, const struct seam_net_op *op, int first,
                             int n, int channels)
{
    int32_t at = 0;
    float *to = seam_gpu_constants_add(p, (int64_t)n * (2 + channels), &at);
    for (int i = 0; to && i < n; i++, to += 2 + channels) {
        const struct seam_link *l = &op->links[first + i];
        to[0] = l->a;
        to[1] = l->b;
        if (l->list)
            memcpy(to + 2, l->list, (size_t)channels * sizeof(*to));
    }
    return at;
}

void seam_gpu_program_links(struct seam_gpu_program *p, int op, int first)
{
    const struct seam_net_op *o = &p->net->ops[op];
    const int channels = p->net->tensors[o->output].channels;
    int done = 0;
    while (done < o->n_links && !p->failed) {
        int n = 0;
        for (int i = first; i < p->n_dispatches; i++)
            n = put_links(&p->dispatches[i], o, done, channels);
        const int32_t at = put_constants(p, o, done, n, channels);
        for (int i = first; i < p->n_dispatches; i++)
            p->dispatches[i].chain = at;
        done += n;
        first = p->n_dispatches;
        if (done == o->n_links)
            return;
        /* What is left is done where the tensor lies. */
        struct seam_gpu_dispatch *d = seam_gpu_dispatch_add(p, op);
        if (d) {
            d->in = (struct seam_ref){ o->output, 0, channels };
            d->spec[0] = SEAM_GPU_COPY;
        }
    }
}
