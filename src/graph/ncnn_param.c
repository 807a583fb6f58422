#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/common.h"
#include "graph/ncnn.h"

#define OLD_LISTS 23300 /* -(23300 + id) = count, values */
#define MOST_IDS 32

/* One line, word by word. */
struct line {
    const uint8_t *at, *end;
};

struct words {
    const uint8_t *at;
    size_t n;
};

static bool next_line(const uint8_t **at, const uint8_t *end, struct line *line)
{
    if (*at == end)
        return false;
    const uint8_t *const newline = memchr(*at, '\n', (size_t)(end - *at));
    *line = (struct line){ *at, newline ? newline : end };
    *at = newline ? newline + 1 : end;
    return true;
}

static bool next_word(struct line *line, struct words *word)
{
    while (line->at < line->end && *line->at <= ' ')
        line->at++;
    word->at = line->at;
    while (line->at < line->end && *line->at > ' ')
        line->at++;
    word->n = (size_t)(line->at - word->at);
    return word->n > 0;
}

/* A decimal number as the format writes it, wherever the program runs; *real where it has a point
 * or an exponent. */
static bool read_number(const uint8_t **at, const uint8_t *end, double *value, bool *real)
{
    const bool minus = *at < end && **at == '-';
    double mantissa = 0;
    int exponent = 0, digits = 0, power = 0;
    bool point = false, negative = false;
    *at += minus || (*at < end && **at == '+');
    for (; *at < end && ((**at >= '0' && **at <= '9') || (**at == '.' && !point)); ++*at) {
        if (**at == '.') {
            point = true;
            continue;
        }
        mantissa = digits < 17 ? 10 * mantissa + (**at - '0') : mantissa;
        exponent += (digits >= 17) - (point && digits < 17);
        digits += digits > 0 || **at != '0' || !point;
    }
    if (!digits && !point)
        return false;
    const bool scientific = *at < end && (**at == 'e' || **at == 'E');
    if (scientific) {
        ++*at;
        negative = *at < end && **at == '-';
        *at += *at < end && (**at == '-' || **at == '+');
        for (; *at < end && **at >= '0' && **at <= '9'; ++*at)
            power = power < 1000 ? 10 * power + (**at - '0') : power;
    }
    exponent += negative ? -power : power;
    double scale = 1, ten = 10;
    for (int left = exponent < 0 ? -exponent : exponent; left; left >>= 1, ten *= ten)
        scale *= left & 1 ? ten : 1;
    *value = exponent < 0 ? mantissa / scale : mantissa * scale;
    *value = minus ? -*value : *value;
    *real = point || scientific;
    return isfinite(*value); /* 0e999 is none, nor is 1e999 */
}

static enum seam_result broken(struct seam_ncnn *n, uint32_t line, const char *why)
{
    return seam_ncnn_refuse(n, "no valid .param file of ncnn (line %u: %s); download it again",
                            line, why);
}

static enum seam_result no_memory(struct seam_ncnn *n)
{
    n->build.result = SEAM_OK;
    seam_build_memory(&n->build);
    return SEAM_ERROR_MEMORY;
}

/* The numbers behind a comma, in a list of the arena. */
static bool read_list(struct seam_ncnn *n, const uint8_t *at, const uint8_t *end,
                      struct seam_ncnn_setting *s)
{
    uint32_t room = 1;
    for (const uint8_t *p = at; p < end; p++)
        room += *p == ',';
    double *values = seam_arena_alloc(&n->arena, room, sizeof(*values));
    bool real;
    if (!values)
        return false;
    for (s->count = 0; at < end; at += at < end && *at == ',') {
        const uint8_t *const from = at;
        if (!read_number(&at, end, &values[s->count], &real) || (at < end && *at != ',') ||
            from == at)
            return false;
        s->count++;
    }
    s->list = true;
    s->values = values;
    s->value = s->count ? values[0] : 0;
    return true;
}

/* ID=VALUE */
static bool read_setting(struct seam_ncnn *n, const struct words *word, struct seam_ncnn_setting *s)
{
    const uint8_t *at = word->at, *const end = word->at + word->n;
    double id;
    bool real;
    if (!read_number(&at, end, &id, &real) || real || at == end || *at++ != '=' ||
        id < -OLD_LISTS - MOST_IDS || id >= MOST_IDS)
        return false;
    *s = (struct seam_ncnn_setting){ .id = (int32_t)id };
    if (s->id <= -OLD_LISTS) {
        double count;
        s->id = -s->id - OLD_LISTS;
        if (!read_number(&at, end, &count, &real) || real || (at < end && *at++ != ','))
            return false;
        return read_list(n, at, end, s) && s->count == count;
    }
    if (s->id < 0)
        return false;
    if (memchr(at, ',', (size_t)(end - at)))
        return read_list(n, at, end, s);
    if (at < end && (*at == '"' || (*at >= 'A' && *at <= 'z')))
        return true; /* a text: none is needed */
    return read_number(&at, end, &s->value, &s->real) && at == end;
}

static const char *copy_word(struct seam_ncnn *n, const struct words *word)
{
    return seam_arena_string(&n->arena, word->at, word->n);
}

/* Blobs are held by name until all are known. */
static struct seam_ncnn_blob **read_blobs(struct seam_ncnn *n, struct line *line, uint32_t count)
{
    struct seam_ncnn_blob **list =
        seam_arena_alloc(&n->arena, count, sizeof(struct seam_ncnn_blob *));
    struct words word;
    for (uint32_t i = 0; list && i < count; i++) {
        struct seam_ncnn_blob *blob = seam_arena_alloc(&n->arena, 1, sizeof(*blob));
        if (!next_word(line, &word) || !blob || !(blob->name = copy_word(n, &word)))
            return NULL;
        list[i] = blob;
    }
    return list;
}

static bool read_count(struct line *line, uint32_t *count)
{
    struct words word;
    double value;
    bool real;
    if (!next_word(line, &word))
        return false;
    const uint8_t *at = word.at;
    if (!read_number(&at, word.at + word.n, &value, &real) || real || at != word.at + word.n ||
        value < 0 || value > 1e6)
        return false;
    *count = (uint32_t)value;
    return true;
}

/* TYPE NAME INPUTS OUTPUTS BLOB... ID=VALUE... */
static const char *read_layer(struct seam_ncnn *n, struct line line, struct seam_ncnn_layer *layer)
{
    struct words type, name, word;
    if (!next_word(&line, &type) || !next_word(&line, &name) || !read_count(&line, &layer->n_in) ||
        !read_count(&line, &layer->n_out))
        return "a layer is cut off";
    if (layer->n_in + layer->n_out > (uint64_t)(line.end - line.at))
        return "a layer has fewer blobs than it says";
    layer->type = copy_word(n, &type);
    layer->name = copy_word(n, &name);
    layer->in = read_blobs(n, &line, layer->n_in);
    layer->out = read_blobs(n, &line, layer->n_out);
    if (!layer->type || !layer->name || !layer->in || !layer->out)
        return "a layer has fewer blobs than it says";
    uint32_t room = 0;
    for (struct line rest = line; next_word(&rest, &word);)
        room++;
    struct seam_ncnn_setting *settings = seam_arena_alloc(&n->arena, room, sizeof(*settings));
    if (!settings)
        return "there is no memory for it";
    while (next_word(&line, &word))
        if (!read_setting(n, &word, &settings[layer->n_settings++]))
            return "a setting is no number";
    layer->settings = settings;
    return NULL;
}

static int compare_names(const void *a, const void *b)
{
    const struct seam_ncnn_blob *const *x = a, *const *y = b;
    return strcmp((*x)->name, (*y)->name);
}

/* One blob for each name, and every place that holds it. */
static bool join_blobs(struct seam_ncnn *n)
{
    size_t count = 0, k = 0;
    for (uint32_t i = 0; i < n->n_layers; i++)
        count += n->layers[i].n_in + n->layers[i].n_out;
    struct seam_ncnn_blob **all =
        seam_arena_alloc(&n->arena, count, sizeof(struct seam_ncnn_blob *));
    n->blobs = seam_arena_alloc(&n->arena, count, sizeof(*n->blobs));
    if (!all || !n->blobs)
        return false;
    for (uint32_t i = 0; i < n->n_layers; i++) {
        const struct seam_ncnn_layer *const l = &n->layers[i];
        for (uint32_t j = 0; j < l->n_in + l->n_out; j++)
            all[k++] = j < l->n_in ? l->in[j] : l->out[j - l->n_in];
    }
    seam_sort(all, count, sizeof(struct seam_ncnn_blob *), compare_names);
    for (k = 0; k < count; k++) {
        if (!n->n_blobs || strcmp(n->blobs[n->n_blobs - 1].name, all[k]->name) != 0)
            n->blobs[n->n_blobs++] = (struct seam_ncnn_blob){ .name = all[k]->name, .maker = -1 };
        all[k]->maker = (int32_t)n->n_blobs - 1; /* until the places are filled below */
    }
    for (uint32_t i = 0; i < n->n_layers; i++) {
        struct seam_ncnn_layer *const l = &n->layers[i];
        for (uint32_t j = 0; j < l->n_in; j++)
            (l->in[j] = &n->blobs[l->in[j]->maker])->eaten = true;
        for (uint32_t j = 0; j < l->n_out; j++)
            l->out[j] = &n->blobs[l->out[j]->maker];
    }
    return true;
}

enum seam_result seam_ncnn_parse(struct seam_ncnn *n, const uint8_t *text, size_t size)
{
    const uint8_t *at = text, *const end = text + size;
    struct line line;
    struct words word;
    uint32_t blobs, number = 2;
    if (!next_line(&at, end, &line) || !next_line(&at, end, &line) ||
        !read_count(&line, &n->n_layers) || !read_count(&line, &blobs))
        return broken(n, number, "the numbers of layers and blobs are missing");
    /* A layer is 8 letters at least. */
    if (n->n_layers > size / 8)
        return broken(n, number, "it announces more layers than it holds");
    n->layers = seam_arena_alloc(&n->arena, n->n_layers, sizeof(*n->layers));
    if (!n->layers)
        return no_memory(n);
    uint32_t found = 0;
    while (next_line(&at, end, &line)) {
        struct line rest = line;
        number++;
        if (!next_word(&rest, &word))
            continue;
        if (found == n->n_layers)
            return broken(n, number, "it holds more layers than it announces");
        const char *const why = read_layer(n, line, &n->layers[found++]);
        if (why)
            return broken(n, number, why);
    }
    if (found < n->n_layers)
        return broken(n, number, "it is cut off");
    return join_blobs(n) ? SEAM_OK : no_memory(n);
}

static const struct seam_ncnn_setting *find_setting(const struct seam_ncnn *n, int32_t id)
{
    for (uint32_t i = 0; i < n->layer->n_settings; i++)
        if (n->layer->settings[i].id == id)
            return &n->layer->settings[i];
    return NULL;
}

double seam_ncnn_number(const struct seam_ncnn *n, int32_t id, double otherwise)
{
    const struct seam_ncnn_setting *const s = find_setting(n, id);
    return s ? s->value : otherwise;
}

int64_t seam_ncnn_int(const struct seam_ncnn *n, int32_t id, int64_t otherwise)
{
    const double value = seam_ncnn_number(n, id, (double)otherwise);
    return value > -1e15 && value < 1e15 ? (int64_t)value : otherwise;
}

const struct seam_ncnn_setting *seam_ncnn_list(const struct seam_ncnn *n, int32_t id)
{
    const struct seam_ncnn_setting *const s = find_setting(n, id);
    return s && s->list ? s : NULL;
}
