/* The last part of lowering: what the output does not need goes, such as a pad that has become a
 * convolution's own. */
#include "net/lower.h"

/* Mark the tensors that the output is made of. */
static void mark_needed(const struct seam_net *net, bool *needed)
{
    needed[net->output] = needed[net->input] = true;
    for (int i = net->n_ops - 1; i >= 0; i--)
        for (int k = 0; needed[net->ops[i].output] && k < seam_net_sources(&net->ops[i]); k++) {
            const struct seam_ref *ref = seam_net_source(&net->ops[i], k);
            if (ref)
                needed[ref->tensor] = true;
        }
}

static void renumber_ref(struct seam_ref *ref, const int *number)
{
    if (ref->tensor >= 0)
        ref->tensor = number[ref->tensor];
}

static void renumber_op(struct seam_net_op *op, const int *number)
{
    op->output = number[op->output];
    for (int k = 0; k < op->n_inputs; k++)
        renumber_ref(&op->inputs[k], number);
    for (int k = 0; k < op->n_links; k++)
        renumber_ref(&op->links[k].with, number);
}

bool seam_lower_tidy(struct lower *l)
{
    struct seam_net *net = l->net;
    bool *needed = seam_arena_alloc(&l->arena, (size_t)net->n_tensors, sizeof(*needed));
    int *number = seam_arena_alloc(&l->arena, (size_t)net->n_tensors, sizeof(*number));
    int n_tensors = 0, n_ops = 0;
    if (!needed || !number)
        return seam_lower_fail(l, "there is no memory");
    mark_needed(net, needed);
    for (int i = 0; i < net->n_tensors; i++)
        if (needed[i]) {
            number[i] = n_tensors;
            net->tensors[n_tensors++] = net->tensors[i];
        }
    for (int i = 0; i < net->n_ops; i++)
        if (needed[net->ops[i].output]) {
            net->ops[n_ops] = net->ops[i];
            renumber_op(&net->ops[n_ops], number);
            net->tensors[net->ops[n_ops].output].op = n_ops;
            n_ops++;
        }
    net->n_tensors = n_tensors;
    net->n_ops = n_ops;
    net->input = number[net->input];
    net->output = number[net->output];
    renumber_ref(&net->result, number);
    return true;
}
