/* The last part of lowering: what the output does not need goes, such as a pad that has become a
 * convolution's own. */
#include "net/lower.h"

/* What the vectors that are needed are made of; what depends on others comes behind them. */
static void mark_vectors(const struct seam_net *net, bool *needed, bool *vectors)
{
    for (int i = net->n_vectors - 1; i >= 0; i--) {
        const struct seam_net_vector *v = &net->vectors[i];
        for (int k = 0; vectors[i] && k < 2; k++)
            if (v->operand[k] >= 0)
                vectors[v->operand[k]] = true;
        if (vectors[i] && v->op >= 0)
            needed[net->ops[v->op].output] = true;
    }
}

/* Mark the tensors that the output is made of. A vector's reductions come before who takes it. */
static void mark_needed(const struct seam_net *net, bool *needed, bool *vectors)
{
    needed[net->output] = needed[net->input] = true;
    for (int i = net->n_ops - 1; i >= 0; i--) {
        const struct seam_net_op *op = &net->ops[i];
        bool found = false;
        for (int k = 0; needed[op->output] && k < seam_net_sources(op); k++) {
            const struct seam_ref *ref = seam_net_source(op, k);
            if (ref)
                needed[ref->tensor] = true;
        }
        if (needed[op->output] && op->vector)
            vectors[op->vector - 1] = found = true;
        for (int k = 0; needed[op->output] && k < op->n_links; k++)
            if (op->links[k].vector)
                vectors[op->links[k].vector - 1] = found = true;
        if (found)
            mark_vectors(net, needed, vectors);
    }
}

/* The vectors that are left, and where their numbers and those of the reductions lie. */
static void renumber_vectors(struct seam_net *net, const bool *vectors, int *number,
                             const int *op_number)
{
    int n = 0;
    net->n_numbers = net->n_known = 0;
    for (int i = 0; i < net->n_vectors; i++) {
        if (!vectors[i])
            continue;
        struct seam_net_vector *v = &net->vectors[n];
        *v = net->vectors[i];
        number[i] = n++;
        for (int k = 0; k < 2; k++)
            v->operand[k] = v->operand[k] >= 0 ? number[v->operand[k]] : -1;
        v->op = v->op >= 0 ? op_number[v->op] : -1;
        v->at = net->n_numbers;
        net->n_numbers += (size_t)v->count;
        if (v->op >= 0) {
            net->ops[v->op].known = net->n_known;
            net->n_known += (size_t)v->count;
        }
    }
    net->n_vectors = n;
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

static void renumber_vector(int *vector, const int *number)
{
    *vector = *vector ? 1 + number[*vector - 1] : 0;
}

static void renumber_takers(struct seam_net *net, const int *number)
{
    for (int i = 0; i < net->n_ops; i++) {
        renumber_vector(&net->ops[i].vector, number);
        for (int k = 0; k < net->ops[i].n_links; k++)
            renumber_vector(&net->ops[i].links[k].vector, number);
    }
}

/* What was marked, by tensor, and by vector; and what the rest are called once it is gone. */
struct kept {
    bool *tensors, *vectors;
    int *tensor, *op, *vector;
};

static bool kept_open(struct kept *k, struct lower *l)
{
    const struct seam_net *net = l->net;
    const size_t vectors = (size_t)net->n_vectors + 1;
    *k = (struct kept){
        .tensors = seam_arena_alloc(&l->arena, (size_t)net->n_tensors, sizeof(*k->tensors)),
        .vectors = seam_arena_alloc(&l->arena, vectors, sizeof(*k->vectors)),
        .tensor = seam_arena_alloc(&l->arena, (size_t)net->n_tensors, sizeof(*k->tensor)),
        .op = seam_arena_alloc(&l->arena, (size_t)net->n_ops + 1, sizeof(*k->op)),
        .vector = seam_arena_alloc(&l->arena, vectors, sizeof(*k->vector)),
    };
    return k->tensors && k->vectors && k->tensor && k->op && k->vector;
}

bool seam_lower_tidy(struct lower *l)
{
    struct seam_net *net = l->net;
    struct kept k;
    int n_tensors = 0, n_ops = 0;
    if (!kept_open(&k, l))
        return seam_lower_fail(l, "there is no memory");
    mark_needed(net, k.tensors, k.vectors);
    for (int i = 0; i < net->n_tensors; i++)
        if (k.tensors[i]) {
            k.tensor[i] = n_tensors;
            net->tensors[n_tensors++] = net->tensors[i];
        }
    for (int i = 0; i < net->n_ops; i++)
        if (k.tensors[net->ops[i].output]) {
            net->ops[n_ops] = net->ops[i];
            k.op[i] = n_ops;
            renumber_op(&net->ops[n_ops], k.tensor);
            net->tensors[net->ops[n_ops].output].op = n_ops;
            n_ops++;
        }
    net->n_tensors = n_tensors;
    net->n_ops = n_ops;
    net->input = k.tensor[net->input];
    net->output = k.tensor[net->output];
    renumber_ref(&net->result, k.tensor);
    renumber_vectors(net, k.vectors, k.vector, k.op);
    renumber_takers(net, k.vector);
    return true;
}
