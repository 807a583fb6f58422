#include <errno.h>
#include <string.h>

#include "files/normalise.h"
#include "files/remedy.h"

const char *seam_load_remedy(const struct seam_load_params *params, const char *words)
{
    static const char *const cut[] = {
        "premature",  "trunc",      "end of file",    "end of image", "end of input",
        "eof",        "short",      "unexpected end", "not enough",   "out of order read",
        "read error", "read gave",  "unable to read", "corrupt",      "bad seek",
        "damaged",    "incomplete", "invalid data",   "strip",        "scanline"
    };
    /* What is whole and of a kind that nobody reads: with another remedy, or one that the file's
     * own header tells. */
    static const struct {
        const char *words, *remedy;
    } unknown[] = {
        { "separate planes", " (write it anew with its bands together by 'tiffcp -p contig')" },
        { "coding is not implemented", " (write it anew with LZW or without compression)" },
        { "not configured", " (write it anew with LZW or without compression)" },
        { "unsupported", "" }, { "not supported", "" }, { "cannot handle", "" },
        { "improper image header", "" },
    };
    const char *other = NULL;
    char *text = g_ascii_strdown(words ? words : vips_error_buffer(), -1);
    char *fault = g_ascii_strdown(strerror(EIO), -1);
    bool found = text[0] == '\0';
    for (size_t i = 0; i < G_N_ELEMENTS(cut) && !found; i++)
        found = strstr(text, cut[i]) != NULL;
    for (size_t i = 0; i < G_N_ELEMENTS(unknown) && !other; i++)
        other = strstr(text, unknown[i].words) ? unknown[i].remedy : NULL;
    found = found && !strstr(text, fault); /* a disk that fails ends no picture */
    g_free(fault);
    g_free(text);
    if (other)
        return other;
    return found && !(params && params->allow_damaged)
               ? " (if it is cut short or damaged, --allow-damaged restores the rest)" : "";
}

const char *seam_rows_remedy(VipsImage *image, bool allow_damaged)
{
    const struct seam_load_params params = { .allow_damaged = allow_damaged };
    const struct seam_load_params none = { 0 };
    const char *loader = "", *remedy = seam_load_remedy(&none, NULL);
    if (vips_image_get_typeof(image, VIPS_META_LOADER) &&
        vips_image_get_string(image, VIPS_META_LOADER, &loader))
        vips_error_clear();
    /* Of a strip or a tile that cannot be decoded libvips reads nothing, whatever it is allowed. */
    if (strstr(remedy, "--allow-damaged") && g_str_has_prefix(loader, "tiffload"))
        return " (get the file again, or save what can be read of it by 'tiffcp -i')";
    return seam_load_remedy(&params, NULL);
}

enum seam_result seam_load_failed(const struct seam_load *load,
                                  const struct seam_load_params *params, struct seam_log *log)
{
    char what[600];
    const char *remedy = seam_load_remedy(params, NULL);
    const char *kind = remedy[0] ? "" : load->sniff.kind;
    g_snprintf(what, sizeof(what), "%s cannot be read%s%s%s", load->name, remedy,
               kind[0] ? ", for it is " : "", kind);
    return seam_io_vips_failed(log, SEAM_ERROR_IO, what);
}
