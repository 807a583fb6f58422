/* Rolls, found by pattern_roll.c: what leaves the picture at one border comes in again at the
 * other. */
#include "base/common.h"
#include "net/lower.h"

/* The rows or columns, one by one, that lie on an axis alone; -1: something else does. */
static int line_of(const struct lower_value *v, int rank, int axis)
{
    struct lower_view view;
    int dir = -1;
    seam_lower_atoms(v, rank, &view);
    for (int i = 0; i < view.n; i++) {
        const struct lower_atom *a = &view.atoms[i];
        if (a->kind == LOWER_LINE && a->axis == axis && a->stride == 1)
            dir = a->dir;
        else if (a->axis == axis && (a->kind != LOWER_CHANNEL || a->size != 1))
            return -1;
    }
    return dir;
}

bool seam_lower_roll(struct lower *l)
{
    struct lower_value *v = seam_lower_input(l, 0);
    const struct seam_fact *in = seam_lower_fact(l, 0);
    const int axis = (int)seam_onnx_int(l->node, "axis", 0);
    if (!l->params->passes)
        return seam_lower_fail(l, "it brings opposite borders of the picture together");
    if (!v || v->kind != LOWER_PICTURE)
        return seam_lower_fail(l, "its input is no picture");
    int dir = line_of(v, in->rank, axis);
    if (dir < 0 && (!seam_lower_settle(l, v, in->rank, false) ||
                    (dir = line_of(v, in->rank, axis)) < 0))
        return seam_lower_fail(l, "what it rolls are no rows or columns");
    const struct seam_ref ref = v->ref;
    const struct lower_view *view = v->view;
    const int64_t shift = seam_onnx_int(l->node, "shift", 0);
    const int maker = l->net->tensors[ref.tensor].op;
    if (maker >= 0 && l->net->ops[maker].kind == SEAM_OP_ROLL &&
        l->net->ops[maker].shift[dir] == 0 && seam_lower_exclusive(l, &ref)) {
        /* Rows, then columns: at once. */
        l->net->ops[maker].shift[dir] = shift;
        seam_lower_bind(l, 0, ref, view);
        return true;
    }
    const int tensor = seam_lower_tensor_like(l, ref.channels, ref.tensor);
    struct seam_net_op *op = seam_lower_op(l, SEAM_OP_ROLL, &ref, 1, tensor);
    if (!op)
        return false;
    op->shift[dir] = shift;
    seam_lower_bind(l, 0, seam_lower_whole(l, tensor), view);
    return true;
}
