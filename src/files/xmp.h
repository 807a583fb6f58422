/* XMP as text: what the pixels contradict is corrected. Pure but for GLib's strings. */
#ifndef SEAM_IO_XMP_H
#define SEAM_IO_XMP_H

#include <glib.h>

/* Give a property of this name, "tiff:Orientation", another value wherever it stands. */
void seam_xmp_set(GString *xmp, const char *name, const char *value);

/* Remove properties and elements whose names begin with `prefix`; whether there were any. */
gboolean seam_xmp_cut(GString *xmp, const char *prefix);

/* Add to the history of the picture that `agent` did `what`, words of any kind. An empty text
 * becomes a packet; FALSE where it is none in which a place for it is found. */
gboolean seam_xmp_add_event(GString *xmp, const char *agent, const char *what);

#endif /* SEAM_IO_XMP_H */
