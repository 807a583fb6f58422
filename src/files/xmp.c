#include <string.h>

#include "files/xmp.h"

/* Put `value` for what lies between two places; where it ends then. */
static gsize put(GString *x, gsize from, gsize to, const char *value)
{
    g_string_erase(x, (gssize)from, (gssize)(to - from));
    g_string_insert(x, (gssize)from, value);
    return from + strlen(value);
}

void seam_xmp_set(GString *x, const char *name, const char *value)
{
    const gsize length = strlen(name);
    for (gsize at = 0; at < x->len;) {
        const char *found = strstr(x->str + at, name);
        if (!found)
            return;
        const gsize begin = (gsize)(found - x->str);
        at = begin + length;
        const char before = begin > 0 ? x->str[begin - 1] : ' ';
        const char *rest = x->str + at, *stop = NULL;
        gsize skip = 1;
        if (before == '<' && rest[0] == '>') {
            stop = strchr(rest, '<');
        } else if (g_ascii_isspace(before) && rest[0] == '=' &&
                   (rest[1] == '"' || rest[1] == '\'')) {
            skip = 2;
            stop = strchr(rest + skip, rest[1]);
        }
        if (stop)
            at = put(x, at + skip, (gsize)(stop - x->str), value);
    }
}

/* The element whose name begins at `name`, behind its "<"; where it ends, or 0. */
static gsize element_end(const GString *x, gsize name)
{
    const gsize length = strcspn(x->str + name, " \t\r\n/>");
    const char *close = strchr(x->str + name, '>');
    if (!close)
        return 0;
    if (close[-1] == '/')
        return (gsize)(close - x->str) + 1;
    char *tag = g_strdup_printf("</%.*s>", (int)length, x->str + name);
    const char *end = strstr(close, tag);
    const gsize stop = end ? (gsize)(end - x->str) + strlen(tag) : 0;
    g_free(tag);
    return stop;
}

/* The attribute whose name begins at `name`; where it ends, or 0. */
static gsize attribute_end(const GString *x, gsize name)
{
    const char *equals = x->str + name + strcspn(x->str + name, "= \t\r\n<>");
    if (equals[0] != '=' || (equals[1] != '"' && equals[1] != '\''))
        return 0;
    const char *end = strchr(equals + 2, equals[1]);
    return end ? (gsize)(end - x->str) + 1 : 0;
}

gboolean seam_xmp_cut(GString *x, const char *prefix)
{
    gboolean any = FALSE;
    for (gsize at = 0; at < x->len;) {
        const char *found = strstr(x->str + at, prefix);
        if (!found)
            break;
        const gsize begin = (gsize)(found - x->str);
        const char before = begin > 0 ? x->str[begin - 1] : '\0';
        const gsize end = before == '<'               ? element_end(x, begin)
                          : g_ascii_isspace(before) ? attribute_end(x, begin)
                                                    : 0;
        at = begin + strlen(prefix);
        if (end > begin) {
            g_string_erase(x, (gssize)begin - 1, (gssize)(end - begin + 1));
            any = TRUE;
            at = begin - 1;
        }
    }
    return any;
}

/* What all descriptions of a packet are about, as it stands there; "" where that is not said. */
static char *about(const GString *x)
{
    const char *found = strstr(x->str, "rdf:about=");
    const char quote = found ? found[strlen("rdf:about=")] : 0;
    if (quote != '"' && quote != '\'')
        return g_strdup("");
    found += strlen("rdf:about=") + 1;
    const char *end = strchr(found, quote);
    char *text = end ? g_strndup(found, (gsize)(end - found)) : g_strdup("");
    if (strchr(text, '"'))
        text[0] = '\0';
    return text;
}

/* Where the last event of the history that there is ends; 0 where there is none. */
static gsize history_end(const GString *x)
{
    const char *begin = strstr(x->str, "<xmpMM:History>");
    const char *end = begin ? strstr(begin, "</rdf:Seq>") : NULL;
    const char *close = begin ? strstr(begin, "</xmpMM:History>") : NULL;
    return end && close && end < close ? (gsize)(end - x->str) : 0;
}

gboolean seam_xmp_add_event(GString *x, const char *agent, const char *what)
{
    static const char packet[] =
        "<?xpacket begin=\"\xEF\xBB\xBF\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?>\n"
        "<x:xmpmeta xmlns:x=\"adobe:ns:meta/\">\n"
        " <rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\">\n"
        " </rdf:RDF>\n</x:xmpmeta>\n<?xpacket end=\"w\"?>";
    if (x->len == 0)
        g_string_append(x, packet);
    const char *rdf = strstr(x->str, "</rdf:RDF>");
    if (!rdf)
        return FALSE;
    char *event = g_markup_printf_escaped(
        "<rdf:li xmlns:stEvt=\"http://ns.adobe.com/xap/1.0/sType/ResourceEvent#\" "
        "stEvt:action=\"filtered\" stEvt:softwareAgent=\"%s\" stEvt:parameters=\"%s\"/>",
        agent, what);
    const gsize place = history_end(x);
    if (place) {
        g_string_insert(x, (gssize)place, event);
    } else {
        char *of = about(x);
        char *description = g_strdup_printf(
            "<rdf:Description rdf:about=\"%s\" xmlns:xmpMM=\"http://ns.adobe.com/xap/1.0/mm/\">"
            "<xmpMM:History><rdf:Seq>%s</rdf:Seq></xmpMM:History></rdf:Description>\n", of, event);
        g_string_insert(x, rdf - x->str, description);
        g_free(description);
        g_free(of);
    }
    g_free(event);
    return TRUE;
}
