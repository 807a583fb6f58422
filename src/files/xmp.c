#include <string.h>

#include "files/xmp.h"

/* Elements that never end are looked for so often: of a packet of thousands it would take long. */
#define MOST_ENDLESS 16

/* Take what was made of *x, which ends with all that lies behind `from`. */
static void take(GString *x, GString *made, gsize from)
{
    g_string_append_len(made, x->str + from, (gssize)(x->len - from));
    g_string_assign(x, made->str);
    g_string_free(made, TRUE);
}

/* The value of the property whose name ends at `at`: where it begins, and ends in *stop; NULL where
 * there is none. */
static const char *value_of(const char *begin, const char *at, const char *name,
                            const char **stop)
{
    const char before = name > begin ? name[-1] : ' ';
    *stop = NULL;
    if (before == '<' && at[0] == '>') {
        *stop = strchr(at, '<');
        return at + 1;
    }
    if (!g_ascii_isspace(before) || at[0] != '=' || (at[1] != '"' && at[1] != '\''))
        return NULL;
    *stop = strchr(at + 2, at[1]);
    return at + 2;
}

void seam_xmp_set(GString *x, const char *name, const char *value)
{
    GString *made = g_string_sized_new(x->len);
    const char *done = x->str; /* of it, up to here */
    for (const char *found = strstr(x->str, name); found;) {
        const char *at = found + strlen(name), *stop, *old = value_of(x->str, at, found, &stop);
        if (old && !stop)
            break; /* nor does any that comes behind it end */
        if (old) {
            g_string_append_len(made, done, old - done);
            g_string_append(made, value);
            done = at = stop;
        }
        found = strstr(at, name);
    }
    take(x, made, (gsize)(done - x->str));
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

/* The attribute whose name begins at `name`; where it ends: 0 where it never does, `name` where
 * it is none. */
static gsize attribute_end(const GString *x, gsize name)
{
    const char *equals = x->str + name + strcspn(x->str + name, "= \t\r\n<>");
    if (equals[0] != '=' || (equals[1] != '"' && equals[1] != '\''))
        return name;
    const char *end = strchr(equals + 2, equals[1]);
    return end ? (gsize)(end - x->str) + 1 : 0;
}

gboolean seam_xmp_cut(GString *x, const char *prefix)
{
    GString *made = g_string_sized_new(x->len);
    gsize done = 0; /* of it, up to here */
    int endless = 0;
    const char *found = strstr(x->str, prefix);
    while (found && endless < MOST_ENDLESS) {
        const gsize begin = (gsize)(found - x->str);
        const char before = begin > 0 ? x->str[begin - 1] : '\0';
        const gsize end = before == '<'             ? element_end(x, begin)
                          : g_ascii_isspace(before) ? attribute_end(x, begin) : begin;
        gsize at = begin + strlen(prefix);
        if (end > begin) {
            g_string_append_len(made, x->str + done, (gssize)(begin - 1 - done));
            done = at = end;
        }
        endless += end == 0;
        found = strstr(x->str + at, prefix);
    }
    take(x, made, done);
    return done > 0;
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
