/* The weights of a checkpoint: which of its dictionaries they are, and their numbers in a row. */
#include <stdio.h>
#include <string.h>

#include "base/common.h"
#include "graph/bytes.h"
#include "graph/torch.h"
#include "graph/weights.h"

/* Where training programs put the weights, the better ones first: an average is preferred. */
static const char *const wrappers[] = { "params_ema", "params-ema",
                                        "g_ema",      "G_ema",
                                        "model_ema",  "ema_model",
                                        "net_g_ema",  "generator_ema",
                                        "state_dict_ema", "ema_state_dict",
                                        "params",     "state_dict",
                                        "netG",       "net_g",
                                        "generator",  "generator_state_dict",
                                        "model_g",    "net",
                                        "network",    "model",
                                        "weights",    "ema",
                                        "G",          "model_state_dict",
                                        "model_state", "generator_state",
                                        "g_state_dict", "G_state_dict",
                                        "netG_state_dict", "student" };

/* How the functions are called that make tensors: quantized and sparse ones among them. */
#define REBUILD "torch._utils._rebuild_"

/* A wrapper within a wrapper, no deeper. */
#define MOST_WRAPPERS 4

size_t seam_torch_element(const char *name, int32_t *type)
{
    static const struct {
        const char *storage, *tensor;
        int32_t type;
    } types[] = {
        { "FloatStorage", "torch.float32", SEAM_ONNX_FLOAT },
        { "HalfStorage", "torch.float16", SEAM_ONNX_FLOAT16 },
        { "BFloat16Storage", "torch.bfloat16", SEAM_ONNX_BFLOAT16 },
        { "DoubleStorage", "torch.float64", SEAM_ONNX_DOUBLE },
        { "LongStorage", "torch.int64", SEAM_ONNX_INT64 },
        { "IntStorage", "torch.int32", SEAM_ONNX_INT32 },
        { "ShortStorage", "torch.int16", SEAM_ONNX_INT16 },
        { "CharStorage", "torch.int8", SEAM_ONNX_INT8 },
        { "ByteStorage", "torch.uint8", SEAM_ONNX_UINT8 },
        { "BoolStorage", "torch.bool", SEAM_ONNX_BOOL },
    };
    for (size_t i = 0; i < SEAM_ARRAY_LEN(types); i++) {
        if (strcmp(types[i].storage, name) != 0 && strcmp(types[i].tensor, name) != 0)
            continue;
        if (type)
            *type = types[i].type;
        return seam_onnx_type_size(types[i].type);
    }
    return 0;
}

static bool is_contiguous(const struct seam_pickle_tensor *t)
{
    int64_t stride = 1;
    for (int32_t i = t->rank; i-- > 0;) {
        if (t->dims[i] != 1 && t->strides[i] != stride)
            return false;
        stride *= t->dims[i];
    }
    return true;
}

/* Elements of any strides into a row. */
static void copy_strided(const struct seam_pickle_tensor *t, size_t element, const uint8_t *from,
                         uint8_t *to, uint64_t count)
{
    int64_t at[SEAM_PICKLE_MOST_RANK] = { 0 };
    for (uint64_t k = 0; k < count; k++) {
        int64_t place = t->offset;
        for (int32_t i = 0; i < t->rank; i++)
            place += at[i] * t->strides[i];
        memcpy(to + k * element, from + (uint64_t)place * element, element);
        for (int32_t i = t->rank; i-- > 0 && ++at[i] == t->dims[i];)
            at[i] = 0;
    }
}

/* The last element's place, for tensors that are not empty. */
static uint64_t last_element(const struct seam_pickle_tensor *t)
{
    uint64_t last = (uint64_t)t->offset;
    for (int32_t i = 0; i < t->rank; i++)
        last += (uint64_t)(t->dims[i] - 1) * (uint64_t)t->strides[i];
    return last;
}

static enum seam_result bad_tensor(struct seam_torch *t, const char *name, const char *why)
{
    return seam_torch_refuse(t, "no valid PyTorch file (%s: %s); download it again", name, why);
}

static enum seam_result fill_data(struct seam_torch *t, const struct seam_pickle_tensor *tensor,
                                  size_t element, struct seam_weight *w)
{
    const char *why;
    uint64_t size = 0;
    const uint8_t *const data = t->storage(t, tensor->storage->key, &size, &why);
    if (!data)
        return bad_tensor(t, w->name, why);
    if (last_element(tensor) >= size / element)
        return bad_tensor(t, w->name, "it reaches beyond its storage");
    w->data = data + (uint64_t)tensor->offset * element;
    if (is_contiguous(tensor))
        return SEAM_OK;
    if (w->size > t->copies)
        return bad_tensor(t, w->name, "it is larger than the file");
    t->copies -= w->size;
    uint8_t *const copy = seam_arena_alloc(&t->graph->arena, (size_t)w->size, 1);
    if (!copy)
        return bad_tensor(t, w->name, "there is no memory for it");
    copy_strided(tensor, element, data, copy, w->count);
    w->data = copy;
    return SEAM_OK;
}

static enum seam_result fill_weight(struct seam_torch *t, const char *name,
                                    const struct seam_pickle_tensor *tensor, struct seam_weight *w)
{
    *w = (struct seam_weight){ .rank = tensor->rank, .count = 1 };
    w->name = seam_arena_string(&t->graph->arena, name, strlen(name));
    if (!w->name)
        return bad_tensor(t, name, "there is no memory for it");
    const size_t element = seam_torch_element(tensor->type, &w->type);
    if (!element)
        return seam_torch_refuse(
            t,
            "its weight %s is of the type %s, which Seamless does not compute with; convert it "
            "to float16 or float32",
            name, tensor->type);
    memcpy(w->dims, tensor->dims, sizeof(w->dims));
    for (int32_t i = 0; i < w->rank; i++)
        if (!seam_mul_size(w->count, (uint64_t)w->dims[i], &w->count) || w->count > INT64_MAX / 16)
            return bad_tensor(t, name, "it is of an impossible size");
    w->size = w->count * element;
    return w->count ? fill_data(t, tensor, element, w) : SEAM_OK;
}

static size_t count_tensors(const struct seam_pickle *dict)
{
    size_t n = 0;
    for (uint32_t i = 0; i + 1 < dict->u.list.n; i += 2)
        n += dict->u.list.items[i]->kind == SEAM_PICKLE_TEXT &&
             dict->u.list.items[i + 1]->kind == SEAM_PICKLE_TENSOR;
    return n;
}

/* What an optimiser keeps of a training. */
static bool is_training(const struct seam_pickle *dict)
{
    return seam_pickle_get(dict, "param_groups") && seam_pickle_get(dict, "state");
}

static bool is_optimiser(const struct seam_pickle *root)
{
    const struct seam_pickle *const inner = seam_pickle_get(root, "optimizer");
    return is_training(inner ? inner : root) || seam_pickle_get(root, "optimizers") != NULL;
}

/* Under whatever name: the one dictionary of several things within another. NULL: none, or more. */
static const struct seam_pickle *only_inner(const struct seam_pickle *dict, const char **name)
{
    const struct seam_pickle *only = NULL;
    for (uint32_t i = 0; i + 1 < dict->u.list.n; i += 2) {
        const struct seam_pickle *const key = dict->u.list.items[i],
                                 *const value = dict->u.list.items[i + 1];
        if (value->kind != SEAM_PICKLE_DICT || !value->u.list.n || is_training(value))
            continue;
        if (only || key->kind != SEAM_PICKLE_TEXT)
            return NULL;
        only = value;
        *name = key->u.text;
    }
    return is_training(dict) ? NULL : only;
}

static const struct seam_pickle *known_inner(const struct seam_pickle *dict, const char **name)
{
    for (size_t i = 0; i < SEAM_ARRAY_LEN(wrappers); i++) {
        const struct seam_pickle *const inner = seam_pickle_get(dict, wrappers[i]);
        *name = wrappers[i];
        if (inner && inner->kind == SEAM_PICKLE_DICT && inner->u.list.n)
            return inner;
    }
    return NULL;
}

/* The dictionary of weights, and by which keys it was reached. NULL where there is none. */
static const struct seam_pickle *find_state(const struct seam_pickle *dict, const char **wrapper)
{
    for (int depth = 0; depth < MOST_WRAPPERS && dict->kind == SEAM_PICKLE_DICT; depth++) {
        const char *name;
        const struct seam_pickle *inner = known_inner(dict, &name);
        if (!inner && count_tensors(dict))
            return dict;
        if (!inner && !(inner = only_inner(dict, &name)))
            return NULL;
        *wrapper = name;
        dict = inner;
    }
    return NULL;
}

/* What a denoiser is told where nobody says, a part of white. */
#define USUAL_NOISE (15 / 255.0)
#define MOST_LEVELS 100

/* IRCNN's files hold a network for each level of noise, "0" for 2 of 255, "1" for 4, ...: the first
 * that is no weaker than the noise. */
static const struct seam_pickle *choose_level(struct seam_torch *t, const struct seam_pickle *root,
                                              const char **note)
{
    const struct seam_pickle *levels[MOST_LEVELS];
    char key[16], text[160];
    int n = 0, k = 0;
    for (; n < MOST_LEVELS; n++) {
        snprintf(key, sizeof(key), "%d", n);
        levels[n] = seam_pickle_get(root, key);
        if (!levels[n] || levels[n]->kind != SEAM_PICKLE_DICT || !count_tensors(levels[n]))
            break;
    }
    if (n < 2 || 2 * (size_t)n != root->u.list.n)
        return NULL;
    const double noise = 255 * (t->graph->told.noisy ? t->graph->told.noise : USUAL_NOISE);
    while (k < n - 1 && 2 * (k + 1) < noise - 0.01)
        k++;
    snprintf(text, sizeof(text),
             "it holds %d networks, for noise of 2 to %d of 255: the one for %d is taken, %s", n,
             2 * n, 2 * (k + 1),
             t->graph->told.noisy ? "as --input sigma says"
                                  : "unless --input sigma=LEVEL, a part of white, says another");
    *note = seam_arena_string(&t->graph->arena, text, strlen(text));
    t->graph->answered = "sigma";
    return levels[k];
}

/* A text, a number or a truth value of the dictionary under a name of its own. */
static void tell(struct seam_torch *t, struct seam_weights *w, const char *prefix, const char *key,
                 const struct seam_pickle *value)
{
    char name[128], text[256];
    switch (value->kind) {
    case SEAM_PICKLE_TEXT: snprintf(text, sizeof(text), "%s", value->u.text); break;
    case SEAM_PICKLE_BOOL:
    case SEAM_PICKLE_INT: snprintf(text, sizeof(text), "%lld", (long long)value->u.i); break;
    case SEAM_PICKLE_FLOAT: snprintf(text, sizeof(text), "%.9g", value->u.f); break;
    default: return;
    }
    snprintf(name, sizeof(name), "%s%s", prefix, key);
    const char *const k = seam_arena_string(&t->graph->arena, name, strlen(name));
    const char *const v = seam_arena_string(&t->graph->arena, text, strlen(text));
    if (k && v)
        w->metadata[w->n_metadata++] = (struct seam_onnx_pair){ k, v };
}

/* nunif writes down what it saves: {"nunif_model": 1, "name", "kwargs", "state_dict"}. Others tell
 * a licence. */
static void tell_all(struct seam_torch *t, struct seam_weights *w, const struct seam_pickle *root)
{
    const struct seam_pickle *const kwargs = seam_pickle_get(root, "kwargs");
    const bool nunif = seam_pickle_get(root, "nunif_model") != NULL;
    const size_t most = root->u.list.n / 2 +
                        (kwargs && kwargs->kind == SEAM_PICKLE_DICT ? kwargs->u.list.n / 2 : 0);
    w->metadata = seam_arena_alloc(&t->graph->arena, most, sizeof(*w->metadata));
    for (uint32_t i = 0; w->metadata && i + 1 < root->u.list.n; i += 2)
        if (root->u.list.items[i]->kind == SEAM_PICKLE_TEXT)
            tell(t, w, nunif ? "nunif." : "", root->u.list.items[i]->u.text,
                 root->u.list.items[i + 1]);
    for (uint32_t i = 0; w->metadata && nunif && kwargs && kwargs->kind == SEAM_PICKLE_DICT &&
                         i + 1 < kwargs->u.list.n;
         i += 2)
        if (kwargs->u.list.items[i]->kind == SEAM_PICKLE_TEXT)
            tell(t, w, "nunif.kwargs.", kwargs->u.list.items[i]->u.text,
                 kwargs->u.list.items[i + 1]);
}

/* The first few keys, to show what a dictionary is about. */
static void list_keys(const struct seam_pickle *dict, char *text, size_t room)
{
    size_t length = 0;
    text[0] = '\0';
    for (uint32_t i = 0; i < dict->u.list.n && i < 12 && length < room; i += 2)
        if (dict->u.list.items[i]->kind == SEAM_PICKLE_TEXT)
            length += (size_t)snprintf(text + length, room - length, "%s%.40s", length ? ", " : "",
                                       dict->u.list.items[i]->u.text);
}

/* What is no dictionary, or holds none, is made by Python. */
static enum seam_result whole_object(struct seam_torch *t, const char *name)
{
    return seam_torch_refuse(
        t,
        "it holds a whole Python object (%.200s), which only Python can make, and not its "
        "weights; load it there and save its state_dict(), or export it as ONNX",
        name);
}

static bool holds_arrays(const struct seam_pickle *dict)
{
    for (uint32_t i = 1; i < dict->u.list.n; i += 2)
        if (dict->u.list.items[i]->kind == SEAM_PICKLE_OPAQUE &&
            !strncmp(dict->u.list.items[i]->u.text, "numpy.", 6))
            return true;
    return false;
}

/* No weights are found in it: say what it is instead. */
static enum seam_result no_state(struct seam_torch *t, const struct seam_pickle *root)
{
    char keys[300];
    switch (root->kind) {
    case SEAM_PICKLE_OPAQUE:
    case SEAM_PICKLE_GLOBAL:
        return whole_object(t, root->u.text);
    case SEAM_PICKLE_DICT:
        if (is_optimiser(root))
            return seam_torch_refuse(
                t, "a PyTorch checkpoint of an optimiser, not of a network; use the file of the "
                   "network (often net_g_....pth) that lies beside it");
        for (size_t i = 0; i < SEAM_ARRAY_LEN(wrappers); i++) {
            const struct seam_pickle *const inner = seam_pickle_get(root, wrappers[i]);
            if (inner && inner->kind == SEAM_PICKLE_OPAQUE)
                return whole_object(t, inner->u.text);
        }
        if (holds_arrays(root))
            return seam_torch_refuse(t, "its weights are arrays of NumPy; save them as tensors of "
                                        "PyTorch, or as safetensors");
        list_keys(root, keys, sizeof(keys));
        return seam_torch_refuse(
            t, "a PyTorch file that holds no dictionary of weights (its keys: %s)",
            *keys ? keys : "none");
    default: return seam_torch_refuse(t, "a PyTorch file that holds no dictionary of weights");
    }
}

enum seam_result seam_torch_build(struct seam_torch *t, const struct seam_pickle *root)
{
    struct seam_weights w = { .graph = t->graph, .format = "PyTorch", .wrapper = "" };
    const struct seam_pickle *state = find_state(root, &w.wrapper);
    if (!state && root->kind == SEAM_PICKLE_DICT)
        state = choose_level(t, root, &w.note);
    if (!state)
        return no_state(t, root);
    w.items = seam_arena_alloc(&t->graph->arena, count_tensors(state), sizeof(*w.items));
    if (!w.items)
        return bad_tensor(t, "all", "there is no memory for them");
    for (uint32_t i = 0; i + 1 < state->u.list.n; i += 2) {
        const struct seam_pickle *const key = state->u.list.items[i];
        const struct seam_pickle *const value = state->u.list.items[i + 1];
        if (key->kind == SEAM_PICKLE_TEXT && value->kind == SEAM_PICKLE_OPAQUE &&
            !strncmp(value->u.text, REBUILD, strlen(REBUILD)))
            return seam_torch_refuse(t,
                                     "its weight %s is of a kind that Seamless does not read "
                                     "(%.100s); save it as a plain tensor of float32",
                                     key->u.text, value->u.text);
        if (key->kind != SEAM_PICKLE_TEXT || value->kind != SEAM_PICKLE_TENSOR)
            continue;
        const enum seam_result result =
            fill_weight(t, key->u.text, value->u.tensor, &w.items[w.count++]);
        if (result != SEAM_OK)
            return result;
    }
    if (root != state)
        tell_all(t, &w, root);
    return seam_weights_build(&w, t->log);
}
