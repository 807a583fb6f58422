/* Numbers of one node, as symbols of the picture's size. */
#include <string.h>

#include "base/common.h"
#include "field/free.h"
#include "field/rules.h"

/* A number up to this part of a size is a distance from its end. */
#define NEAR_END 4
/* In search for sizes of one product: real ones take a few. */
#define MOST_STEPS 4096

bool seam_free_value(const struct seam_free *f, struct seam_sym a, int64_t *value)
{
    const int64_t most = (int64_t)1 << 40;
    if (f->at[0] < 1 || f->at[1] < 1)
        return seam_sym_whole(a, value);
    if (!seam_sym_known(a) || a.hw > most / f->at[0] / f->at[1] || a.h > most / f->at[0] ||
        a.w > most / f->at[1])
        return false;
    const int64_t sum = a.hw * f->at[0] * f->at[1] + a.h * f->at[0] + a.w * f->at[1] + a.c;
    *value = sum / a.den;
    return sum % a.den == 0;
}

static int unexplained(struct seam_free *f, const char *why)
{
    f->why = why;
    return -1;
}

static struct seam_sym times(const struct seam_sym *list, int from, int to)
{
    struct seam_sym product = seam_sym_const(1);
    for (int i = from; i < to; i++)
        product = seam_sym_mul(product, list[i]);
    return product;
}

/* ------------------------------------------------------------------------------------------------
 * Reshape
 * --------------------------------------------------------------------------------------------- */

/* Axes that a Reshape cuts and joins among themselves. */
struct group {
    int from[2], to[2]; /* of the old shape, of the new one */
};

static bool one(const struct seam_free *f, struct seam_sym a)
{
    int64_t value;
    return seam_free_value(f, a, &value) && value == 1;
}

/* The next group from its `to` on: as few axes as have the same number of elements. */
static bool next_group(const struct seam_free *f, const struct seam_sym *const lists[2],
                       const int count[2], struct group *g)
{
    int64_t product[2] = { 1, 1 }, value;
    for (int side = 0; side < 2; side++) {
        while (g->to[side] < count[side] && one(f, lists[side][g->to[side]]))
            g->to[side]++;
        g->from[side] = g->to[side];
    }
    for (bool first = true; first || product[0] != product[1]; first = false) {
        for (int side = 0; side < 2; side++) {
            if (!first && product[side] >= product[!side])
                continue;
            if (g->to[side] == count[side] ||
                !seam_free_value(f, lists[side][g->to[side]++], &value) || value < 1 ||
                product[side] > ((int64_t)1 << 40) / value)
                return false;
            product[side] *= value;
        }
    }
    return true;
}

/* Numbers of new[at .. to), each a size that was seen or left as it is, whose product is `rest`.
 * Sizes come first. */
static bool assign(const struct seam_free *f, struct seam_sym *list, int at, int to,
                   struct seam_sym rest, int *steps)
{
    int64_t value, other;
    if (at == to || !seam_sym_known(rest) || --*steps < 0)
        return at == to && seam_sym_is(rest, 1);
    const struct seam_sym before = list[at];
    for (int i = 0; i < f->n_seen && seam_sym_fixed(before); i++) {
        if (!seam_free_value(f, f->seen[i], &value) || !seam_free_value(f, before, &other) ||
            value != other)
            continue;
        list[at] = f->seen[i];
        if (assign(f, list, at + 1, to, seam_sym_div(rest, list[at]), steps))
            return true;
    }
    list[at] = before;
    return assign(f, list, at + 1, to, seam_sym_div(rest, before), steps);
}

/* The new sizes of a group; windows are cut as [how many, size of each]. */
static bool explain_group(struct seam_free *f, struct seam_field *field,
                          const struct seam_sym *old, struct seam_sym *list, const struct group *g)
{
    const struct seam_sym product = times(old, g->from[0], g->to[0]);
    const int from = g->from[1], to = g->to[1];
    int64_t meant, found;
    int steps = MOST_STEPS;
    if (seam_sym_fixed(product))
        return true;
    if (!seam_sym_known(product))
        return false;
    if (to - from == 1) {
        list[from] = product;
        return true;
    }
    if (assign(f, list, from, to, product, &steps))
        return true;
    if (product.hw)
        return false;
    const struct seam_sym rest = times(list, from + 1, to);
    const struct seam_sym first =
        seam_sym_floor(seam_sym_div(product, rest), &field->align);
    if (!seam_free_value(f, list[from], &meant) || !seam_free_value(f, first, &found) ||
        meant != found)
        return false;
    list[from] = first;
    return true;
}

/* Numbers for the sizes that the format leaves open: as they are, and whatever is left. */
static bool close_shape(struct seam_free *f, const struct seam_field *field,
                        const struct seam_fact *old, struct seam_sym *list, int n)
{
    const bool zero = seam_onnx_int(field->node, "allowzero", 0) != 0;
    int64_t product = 1, total = 1, value;
    bool given = true;
    int open = -1;
    for (int i = 0; i < old->rank; i++) {
        if (!seam_free_value(f, old->dims[i], &value) || value < 1 ||
            total > ((int64_t)1 << 40) / value)
            return false;
        total *= value;
    }
    for (int i = 0; i < n; i++) {
        given = given && seam_sym_fixed(list[i]) && !seam_sym_is(list[i], 0);
        if (seam_sym_is(list[i], -1) && open < 0) {
            open = i;
            continue;
        }
        if (seam_sym_is(list[i], 0) && !zero && i < old->rank)
            list[i] = old->dims[i];
        if (!seam_free_value(f, list[i], &value) || value < 1 || product > total / value)
            return false;
        product *= value;
    }
    if (total % product != 0 || (open < 0 && total != product))
        return false;
    for (int i = 0; i < old->rank && open < 0 && given; i++)
        f->borne_out = f->borne_out || !seam_sym_fixed(old->dims[i]);
    if (open >= 0)
        list[open] = seam_sym_const(total / product);
    return true;
}

static int explain_reshape(struct seam_free *f, struct seam_field *field, struct seam_said *said)
{
    const struct seam_fact *old = seam_input(field, 0);
    struct group g = { { 0, 0 }, { 0, 0 } };
    if (!seam_list(field, 1, NULL, said->list, SEAM_MAX_RANK, &said->n) || said->n <= 0)
        return 0;
    if (!close_shape(f, field, old, said->list, said->n))
        return unexplained(f, "its shape does not fit its input");
    const struct seam_sym *const lists[] = { old->dims, said->list };
    const int count[] = { old->rank, said->n };
    for (;;) {
        bool left = false;
        for (int side = 0; side < 2; side++)
            for (int i = g.to[side]; i < count[side]; i++)
                left = left || !one(f, lists[side][i]);
        if (!left)
            break;
        if (!next_group(f, lists, count, &g) ||
            !explain_group(f, field, old->dims, said->list, &g))
            return unexplained(f, "its shape is not explained by the picture's size");
    }
    said->input = 1;
    return 1;
}

/* ------------------------------------------------------------------------------------------------
 * Sizes, and places along them
 * --------------------------------------------------------------------------------------------- */

/* A size that was seen of this value, along the same direction as `like`; unknown: none, or two. */
static struct seam_sym seen_like(const struct seam_free *f, struct seam_sym like, int64_t value)
{
    struct seam_sym found = seam_sym_unknown();
    int64_t is;
    for (int i = 0; i < f->n_seen; i++) {
        const struct seam_sym s = f->seen[i];
        if (!seam_free_value(f, s, &is) || is != value || s.hw || !s.h != !like.h ||
            !s.w != !like.w)
            continue;
        if (seam_sym_known(found))
            return seam_sym_unknown();
        found = s;
    }
    return found;
}

static int explain_resize(struct seam_free *f, struct seam_field *field, struct seam_said *said)
{
    const struct seam_fact *old = seam_input(field, 0);
    int64_t from, to;
    if (field->graph->opset < 11 || seam_onnx_attr(field->node, "axes") ||
        field->node->n_inputs < 4 ||
        !seam_list(field, 3, NULL, said->list, SEAM_MAX_RANK, &said->n) || said->n != old->rank)
        return 0;
    said->input = 3;
    for (int i = 0; i < said->n; i++) {
        if (seam_sym_fixed(old->dims[i]) || !seam_sym_whole(said->list[i], &to))
            continue;
        if (!seam_free_value(f, old->dims[i], &from) || from < 1)
            return unexplained(f, "its output size is not explained by the picture's size");
        struct seam_sym size = seen_like(f, old->dims[i], to);
        if (!seam_sym_known(size) && to % from == 0)
            size = seam_sym_mul(old->dims[i], seam_sym_const(to / from));
        if (!seam_sym_known(size))
            return unexplained(f, "its output size is not explained by the picture's size");
        said->list[i] = size;
    }
    return 1;
}

/* Where something is cut: a distance from either end, or a size that was seen. */
static bool explain_place(const struct seam_free *f, struct seam_sym size, struct seam_sym *place)
{
    int64_t at, all;
    if (seam_sym_fixed(size) || !seam_sym_whole(*place, &at) || at >= INT32_MAX ||
        at <= -INT32_MAX)
        return true;
    if (!seam_free_value(f, size, &all))
        return false;
    if (at < 0 && -at <= all / NEAR_END)
        return true;
    at += at < 0 ? all : 0;
    if (at >= 0 && at <= all / NEAR_END) {
        *place = seam_sym_const(at);
        return true;
    }
    const struct seam_sym seen = seen_like(f, size, at);
    if (!seam_sym_known(seen) && all - at > all / NEAR_END)
        return false;
    *place = seam_sym_known(seen) ? seen : seam_sym_sub(size, seam_sym_const(all - at));
    return true;
}

static int explain_slice(struct seam_free *f, struct seam_field *field, struct seam_said *said)
{
    const struct seam_fact *old = seam_input(field, 0);
    int axes[SEAM_MAX_RANK], n;
    if (field->graph->opset < 10 || !seam_axes(field, 3, NULL, old->rank, axes, &n))
        return 0;
    for (int part = 0; part < 2; part++) {
        said[part].input = (size_t)part + 1;
        if (!seam_list(field, said[part].input, NULL, said[part].list, SEAM_MAX_RANK,
                       &said[part].n) ||
            said[part].n < 1 || (n >= 0 && said[part].n != n) || said[part].n > old->rank)
            return 0;
        for (int i = 0; i < said[part].n; i++)
            if (!explain_place(f, old->dims[n < 0 ? i : axes[i]], &said[part].list[i]))
                return unexplained(f, "where it cuts is not explained by the picture's size");
    }
    return 2;
}

static int explain_expand(struct seam_free *f, struct seam_field *field, struct seam_said *said)
{
    const struct seam_fact *old = seam_input(field, 0);
    int64_t from, to;
    if (!seam_list(field, 1, NULL, said->list, SEAM_MAX_RANK, &said->n) || said->n < old->rank)
        return 0;
    said->input = 1;
    for (int i = 0; i < said->n; i++) {
        const int axis = i - (said->n - old->rank);
        if (!seam_sym_whole(said->list[i], &to) || to == 1 || axis < 0)
            continue;
        if (!seam_sym_fixed(old->dims[axis]) && seam_free_value(f, old->dims[axis], &from) &&
            from == to)
            said->list[i] = old->dims[axis];
        /* What sums up a picture, spread over it. */
        const int dir = i - (said->n - 2);
        if (dir < 0 || !seam_sym_is(old->dims[axis], 1))
            continue;
        const struct seam_sym size = seen_like(f, seam_sym_side(dir), to);
        said->list[i] = seam_sym_known(size) ? size : said->list[i];
    }
    return 1;
}

/* ---------------------------------------------------------------------------------------------- */

/* A mean written as a sum over a number of pixels. */
static bool counts_pixels(const struct seam_free *f, const struct seam_field *field)
{
    for (size_t k = 0; k < field->node->n_inputs; k++) {
        const struct seam_fact *fact = seam_input(field, k);
        double number;
        int64_t whole, area;
        if (!fact || !fact->tensor || fact->tensor->count != 1 ||
            !seam_onnx_element(fact->tensor, 0, &number, &whole) || number <= 0)
            continue;
        number = number < 1 ? 1 / number : number;
        for (int i = 0; i < f->n_seen; i++)
            for (int j = 0; j < f->n_seen; j++)
                if (seam_free_value(f, seam_sym_mul(f->seen[i], f->seen[j]), &area) && area > 64 &&
                    number > (double)area * (1 - 1e-6) && number < (double)area * (1 + 1e-6))
                    return true;
    }
    return false;
}

static bool has_lines(const struct seam_field *field)
{
    for (size_t k = 0; k < field->node->n_inputs; k++) {
        const struct seam_fact *fact = seam_input(field, k);
        for (int i = 0; fact && i < fact->n_atoms; i++)
            if (fact->atoms[i].line >= 0)
                return true;
    }
    return false;
}

int seam_free_explain(struct seam_free *f, struct seam_field *field, struct seam_said *said)
{
    static const struct {
        const char *op;
        int (*explain)(struct seam_free *f, struct seam_field *field, struct seam_said *said);
    } table[] = {
        { "Expand", explain_expand }, { "Reshape", explain_reshape }, { "Resize", explain_resize },
        { "Slice", explain_slice },
    };
    const char *const op = field->node->op;
    if ((!strcmp(op, "Mul") || !strcmp(op, "Div")) && !has_lines(field) && counts_pixels(f, field))
        return unexplained(f, "it divides by the number of pixels");
    for (size_t i = 0; i < SEAM_ARRAY_LEN(table); i++) {
        if (strcmp(op, table[i].op) != 0 || !seam_input(field, 0))
            continue;
        const int n = table[i].explain(f, field, said);
        bool follows = n < 0;
        for (int s = 0; s < n; s++)
            for (int k = 0; k < said[s].n; k++)
                follows = follows || !seam_sym_fixed(said[s].list[k]);
        return follows ? n : 0;
    }
    return 0;
}
