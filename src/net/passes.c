/* Which pass over the picture makes what, and what is kept from one to the next: put away and taken
 * back where that costs less than to make it anew. */
#include <math.h>
#include <string.h>

#include "base/common.h"
#include "net/net.h"

/* Multiply-adds in the time that a byte takes to be put away or taken back: some 100 thousand
 * million a second on two cores against some thousand million bytes from and to a disk, most of
 * which a machine's memory holds. */
#define MACS_PER_BYTE 40.0

/* Of the table of who reads what in which pass. */
#define MOST_PLACES ((size_t)1 << 27)

static int pass_of_vector(const struct seam_net *net, const struct seam_net_vector *v)
{
    if (v->kind == SEAM_VECTOR_REDUCE)
        return net->ops[v->op].pass + 1;
    int pass = 0;
    for (int k = 0; k < 2; k++)
        if (v->operand[k] >= 0)
            pass = (int)seam_max(pass, net->vectors[v->operand[k]].pass);
    return pass;
}

static int pass_of_op(const struct seam_net *net, const struct seam_net_op *op,
                      const int *tensor_pass)
{
    int pass = 0;
    for (int k = 0; k < seam_net_sources(op); k++) {
        const struct seam_ref *ref = seam_net_source(op, k);
        if (ref)
            pass = (int)seam_max(pass, tensor_pass[ref->tensor]);
    }
    if (op->vector)
        pass = (int)seam_max(pass, net->vectors[op->vector - 1].pass);
    for (int k = 0; k < op->n_links; k++)
        if (op->links[k].vector)
            pass = (int)seam_max(pass, net->vectors[op->links[k].vector - 1].pass);
    return pass;
}

/* A link may stand on an operation before the vectors that it takes were thought of, so one walk
 * is not enough; each finds at least one pass more. */
static void number_passes(struct seam_net *net, int *tensor_pass)
{
    bool changed = true;
    memset(tensor_pass, 0, (size_t)net->n_tensors * sizeof(*tensor_pass));
    while (changed) {
        changed = false;
        for (int i = 0; i < net->n_ops; i++) {
            struct seam_net_op *op = &net->ops[i];
            const int pass = pass_of_op(net, op, tensor_pass);
            /* Of a roll, the pass from which on it may be read. */
            const int from = pass + (op->kind == SEAM_OP_ROLL);
            changed |= from != tensor_pass[op->output];
            tensor_pass[op->output] = from;
            op->pass = pass;
        }
        for (int i = 0; i < net->n_vectors; i++) {
            struct seam_net_vector *v = &net->vectors[i];
            const int pass = pass_of_vector(net, v);
            changed |= pass != v->pass;
            v->pass = pass;
        }
    }
    net->passes = 1 + tensor_pass[net->output];
}

/* ------------------------------------------------------------------------------------------------
 * What is kept
 * --------------------------------------------------------------------------------------------- */

/* Multiply-adds of a convolution or a mix for each pixel of the input; of anything else one a
 * sample. */
static double op_work(const struct seam_net *net, const struct seam_net_op *op)
{
    const struct seam_net_tensor *t = &net->tensors[op->output];
    double work = t->channels;
    for (int dir = 0; dir < 2; dir++)
        work *= (double)t->num[dir] / (double)t->den[dir];
    if (op->kind == SEAM_OP_CONV)
        work *= (double)(op->inputs[0].channels / op->groups * op->slide[0].kernel *
                         op->slide[1].kernel);
    if (op->kind == SEAM_OP_MIX)
        work *= op->inputs[0].channels / op->groups;
    if (op->kind == SEAM_OP_ATTEND)
        work *= 2 * seam_net_attend_of(op).keys;
    if (op->kind == SEAM_OP_REDUCE && op->reduce == SEAM_REDUCE_PRODUCTS)
        work *= seam_net_reduced(op);
    return work;
}

static double tensor_bytes(const struct seam_net *net, int tensor)
{
    const struct seam_net_tensor *t = &net->tensors[tensor];
    double bytes = (double)t->channels * sizeof(float);
    for (int dir = 0; dir < 2; dir++)
        bytes *= (double)t->num[dir] / (double)t->den[dir];
    return bytes;
}

/* Which passes read which tensor, as far as the walk from the output has come. */
struct table {
    struct seam_net *net;
    bool *reads; /* [tensor][pass] */
    double work; /* multiply-adds of all passes */
};

static bool *reads_of(const struct table *t, int tensor)
{
    return t->reads + (size_t)tensor * (size_t)t->net->passes;
}

/* Passes behind `pass` that read the tensor, and not `other`, if that is one. */
static int readers_after(const struct table *t, int tensor, int pass, int other)
{
    int count = 0;
    for (int q = pass + 1; q < t->net->passes; q++)
        count += reads_of(t, tensor)[q] && (other < 0 || !reads_of(t, other)[q]);
    return count;
}

/* Whether the passes that read what an operation makes should take it back, or run it again on what
 * it reads, which must be kept then: judged by this operation alone. */
static bool is_worth_keeping(const struct table *t, const struct seam_net_op *op, int takers)
{
    const struct seam_net *net = t->net;
    if (op->kind == SEAM_OP_ROLL)
        return true;
    const double keep = MACS_PER_BYTE * tensor_bytes(net, op->output) * (1 + takers);
    double again = op_work(net, op) * takers;
    for (int k = 0; k < seam_net_sources(op); k++) {
        const struct seam_ref *ref = seam_net_source(op, k);
        if (!ref || ref->tensor == net->input)
            continue;
        const int maker = net->ops[net->tensors[ref->tensor].op].pass;
        const int more = readers_after(t, op->output, op->pass, ref->tensor);
        const bool is_new = readers_after(t, ref->tensor, maker, -1) == 0;
        again += MACS_PER_BYTE * tensor_bytes(net, ref->tensor) * (more + is_new);
    }
    return keep < again;
}

/* Decide on what an operation makes, and note in which passes it runs. */
static void place_op(struct table *t, const struct seam_net_op *op)
{
    struct seam_net *net = t->net;
    bool *reads = reads_of(t, op->output);
    if (op->kind == SEAM_OP_REDUCE)
        reads[op->pass] = true;
    const int takers = readers_after(t, op->output, op->pass, -1);
    if (takers > 0 && op->output != net->output && is_worth_keeping(t, op, takers))
        net->tensors[op->output].kept = ++net->n_kept;
    for (int q = 0; q < net->passes; q++) {
        const bool runs = net->tensors[op->output].kept ? q == op->pass : reads[q];
        t->work += runs ? op_work(net, op) : 0;
        for (int k = 0; runs && k < seam_net_sources(op); k++)
            if (seam_net_source(op, k))
                reads_of(t, seam_net_source(op, k)->tensor)[q] = true;
    }
}

/* Multiply-adds of all passes where nothing is kept, as in a tile. The table is empty again after
 * it. */
static double work_of_none_kept(const struct table *t)
{
    const struct seam_net *net = t->net;
    double work = 0;
    for (int i = net->n_ops - 1; i >= 0; i--) {
        const struct seam_net_op *op = &net->ops[i];
        bool *reads = reads_of(t, op->output);
        reads[op->pass] |= op->kind == SEAM_OP_REDUCE;
        reads[net->passes - 1] |= op->output == net->output;
        for (int q = 0; q < net->passes; q++) {
            work += reads[q] ? op_work(net, op) : 0;
            for (int k = 0; reads[q] && k < seam_net_sources(op); k++)
                if (seam_net_source(op, k))
                    reads_of(t, seam_net_source(op, k)->tensor)[q] = true;
        }
    }
    memset(t->reads, 0, (size_t)net->n_tensors * (size_t)net->passes * sizeof(*t->reads));
    return work;
}

/* Most bytes that are kept at once: in the pass that writes one over another, the other's. */
static double most_at_once(const struct seam_net *net)
{
    double most = 0;
    for (int q = 0; q < net->passes; q++) {
        double bytes = 0;
        for (int k = 0; k < net->n_kept; k++) {
            const int tensor = net->kept[k].tensor, made = net->ops[net->tensors[tensor].op].pass;
            if (made <= q && q <= net->kept[k].last && !(made == q && net->kept[k].over >= 0))
                bytes += tensor_bytes(net, tensor);
        }
        most = fmax(most, bytes);
    }
    return most;
}

/* The list, and what is in it at once and goes to and fro. */
static bool list_kept(struct table *t, struct seam_arena *arena)
{
    struct seam_net *net = t->net;
    int n = 0;
    net->kept = seam_arena_alloc(&net->arena, (size_t)net->n_kept + 1, sizeof(*net->kept));
    if (!net->kept)
        return false;
    for (int i = 0; i < net->n_ops; i++) {
        const int out = net->ops[i].output;
        if (!net->tensors[out].kept)
            continue;
        struct seam_net_kept *k = &net->kept[n++];
        *k = (struct seam_net_kept){ .tensor = out, .last = net->ops[i].pass };
        net->tensors[out].kept = n;
        for (int q = k->last + 1; q < net->passes; q++)
            k->last = reads_of(t, out)[q] ? q : k->last;
        net->moved_bytes +=
            tensor_bytes(net, out) * (1 + readers_after(t, out, net->ops[i].pass, -1));
    }
    if (!seam_net_lay_over(net, arena))
        return false;
    net->kept_bytes = most_at_once(net);
    return true;
}

static bool rolls(const struct seam_net *net)
{
    for (int i = 0; i < net->n_ops; i++)
        if (net->ops[i].kind == SEAM_OP_ROLL)
            return true;
    return false;
}

bool seam_net_order_passes(struct seam_net *net, struct seam_arena *arena)
{
    int *passes = seam_arena_alloc(arena, (size_t)net->n_tensors, sizeof(*passes));
    double all = 0;
    if (!passes)
        return false;
    number_passes(net, passes);
    net->pass_work = net->pass_share = 1;
    const size_t places = (size_t)net->n_tensors * (size_t)net->passes;
    if (net->passes == 1)
        return true;
    struct table t = { .net = net };
    t.reads = places <= MOST_PLACES ? seam_arena_alloc(arena, places, sizeof(*t.reads)) : NULL;
    if (!t.reads)
        return false;
    const double in_tile = work_of_none_kept(&t);
    reads_of(&t, net->output)[net->passes - 1] = true;
    for (int i = net->n_ops - 1; i >= 0; i--)
        place_op(&t, &net->ops[i]);
    for (int i = 0; i < net->n_ops; i++)
        all += op_work(net, &net->ops[i]);
    net->pass_work = all > 0 ? fmax(t.work / all, 1) : 1;
    if (!list_kept(&t, arena))
        return false;
    const double by_rows = t.work + MACS_PER_BYTE * net->moved_bytes;
    /* What is rolled is kept in tiles, too, and all else that is. */
    net->pass_share = in_tile > 0 && !rolls(net) ? fmin(by_rows / in_tile, 1) : 1;
    return true;
}
