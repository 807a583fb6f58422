/* Attention within one window. Keys are turned, so that a query meets a vector of them at once;
 * some queries go together, so that what is loaded serves all of them. */

typedef unsigned vu __attribute__((vector_size(VL * 4)));

/* e^x for x up to 0, to two units in the last place; from -86 on downwards what e^-86 is. */
ALWAYS vf vexp(vf x)
{
    /* What is rounded to whole numbers lies in the last bits. */
    const vf magic = vsplat(12582912);
    x = vmax(x, vsplat(-86));
    const vf t = vfma(x, vsplat(1.44269504088896341f), magic);
    const vf n = t - magic;
    x = vfma(n, vsplat(-0.693359375f), x);
    x = vfma(n, vsplat(2.12194440e-4f), x);
    vf p = vsplat(1.9875691500e-4f);
    p = vfma(p, x, vsplat(1.3981999507e-3f));
    p = vfma(p, x, vsplat(8.3334519073e-3f));
    p = vfma(p, x, vsplat(4.1665795894e-2f));
    p = vfma(p, x, vsplat(1.6666665459e-1f));
    p = vfma(p, x, vsplat(5.0000001201e-1f));
    p = vfma(p, x * x, x) + vsplat(1);
    return (vf)((vu)p + ((vu)t << 23));
}

/* [channel][key] of a head's keys, zeros behind the last; and its values as whole vectors. */
static void attend_pack(const struct seam_attend *a, const struct seam_attend_window *w, int head,
                        int wide, float *keys, float *values)
{
    memset(keys, 0, (size_t)a->query * (size_t)a->pitch * sizeof(*keys));
    memset(values, 0, (size_t)a->keys * (size_t)wide * sizeof(*values));
    for (int j = 0; j < a->keys; j++) {
        const float *k = w->k + (j * a->heads + head) * a->query;
        for (int c = 0; c < a->query; c++)
            keys[c * a->pitch + j] = k[c];
        memcpy(values + j * wide, w->v + (j * a->heads + head) * a->value,
               (size_t)a->value * sizeof(*values));
    }
}

/* Scores of `n` queries with all keys, at the pitch of the table. */
ALWAYS void attend_scores(const struct seam_attend *a, const float *const *q, const int n,
                          const float *keys, const float *bias, const float *mask, float *scores)
{
    for (int j = 0; j < a->pitch; j += VL) {
        vf acc[KERNEL_ATTEND_TOGETHER];
        UNROLL
        for (int r = 0; r < n; r++)
            acc[r] = vsplat(0);
        for (int c = 0; c < a->query; c++) {
            const vf k = vload(keys + c * a->pitch + j);
            UNROLL
            for (int r = 0; r < n; r++)
                acc[r] = vfma(vsplat(q[r][c]), k, acc[r]);
        }
        const vf more = vload(mask + j);
        UNROLL
        for (int r = 0; r < n; r++)
            vstore(scores + r * a->pitch + j,
                   vfma(acc[r], vsplat(a->factor), vload(bias + r * a->pitch + j)) + more);
    }
}

/* Scores become weights whose sum is *sum. */
ALWAYS void attend_softmax(const struct seam_attend *a, float *scores, float *sum)
{
    float lanes[VL];
    vf most = vload(scores), all = vsplat(0);
    for (int j = VL; j < a->pitch; j += VL)
        most = vmax(vload(scores + j), most);
    vstore(lanes, most);
    for (int i = 1; i < VL; i++)
        lanes[0] = lanes[i] > lanes[0] ? lanes[i] : lanes[0];
    for (int j = 0; j < a->pitch; j += VL) {
        const vf e = vexp(vload(scores + j) - vsplat(lanes[0]));
        vstore(scores + j, e);
        all = all + e;
    }
    vstore(lanes, all);
    *sum = 0;
    for (int i = 0; i < VL; i++)
        *sum += lanes[i];
}

ALWAYS void attend_values(const struct seam_attend *a, const float *weights, const int n,
                          const float *sums, const float *values, int wide, float *const *out)
{
    for (int c = 0; c < a->value; c += VL) {
        vf acc[KERNEL_ATTEND_TOGETHER];
        const int some = a->value - c < VL ? a->value - c : VL;
        UNROLL
        for (int r = 0; r < n; r++)
            acc[r] = vsplat(0);
        for (int j = 0; j < a->keys; j++) {
            const vf v = vload(values + j * wide + c);
            UNROLL
            for (int r = 0; r < n; r++)
                acc[r] = vfma(vsplat(weights[r * a->pitch + j]), v, acc[r]);
        }
        UNROLL
        for (int r = 0; r < n; r++)
            vstore_some(out[r] + c, acc[r] * vsplat(1 / sums[r]), some);
    }
}

ALWAYS void attend_queries(const struct seam_attend *a, const struct seam_attend_window *w,
                           int head, int first, const int n, const float *keys,
                           const float *values, int wide, const float *mask, float *scores)
{
    const float *q[KERNEL_ATTEND_TOGETHER];
    float *out[KERNEL_ATTEND_TOGETHER], sums[KERNEL_ATTEND_TOGETHER];
    for (int r = 0; r < n; r++) {
        q[r] = w->q + ((first + r) * a->heads + head) * a->query;
        out[r] = w->out + ((first + r) * a->heads + head) * a->value;
    }
    attend_scores(a, q, n, keys, a->table + ((ptrdiff_t)head * a->queries + first) * a->pitch,
                  mask, scores);
    for (int r = 0; r < n; r++)
        attend_softmax(a, scores + r * a->pitch, &sums[r]);
    attend_values(a, scores, n, sums, values, wide, out);
}

static void run_attend(const struct seam_attend *a, const struct seam_attend_window *w,
                       float *scratch)
{
    const int wide = (a->value + 15) / 16 * 16;
    float *const mask = scratch, *const keys = mask + a->pitch;
    float *const scores = keys + a->query * a->pitch;
    float *const values = scores + KERNEL_ATTEND_TOGETHER * a->pitch;
    memset(mask, 0, (size_t)a->pitch * sizeof(*mask));
    if (w->mask)
        memcpy(mask, w->mask, (size_t)a->keys * sizeof(*mask));
    for (int head = 0; head < a->heads; head++) {
        int i = 0;
        attend_pack(a, w, head, wide, keys, values);
        for (; i + KERNEL_ATTEND_TOGETHER <= a->queries; i += KERNEL_ATTEND_TOGETHER)
            attend_queries(a, w, head, i, KERNEL_ATTEND_TOGETHER, keys, values, wide, mask, scores);
        for (; i < a->queries; i++)
            attend_queries(a, w, head, i, 1, keys, values, wide, mask, scores);
    }
}
