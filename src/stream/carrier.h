/* A thread that writes records of a file behind its caller, and reads them ahead of him. */
#ifndef SEAM_STREAM_CARRIER_H
#define SEAM_STREAM_CARRIER_H

#include "stream/record.h"

/* Thread-safety: one call at a time. */
struct seam_carrier;

/* With room for `count` records of up to `bytes`, at least 2; `fd` stays the caller's, and is left
 * alone by him. NULL where there is no memory, or no thread to be had. */
struct seam_carrier *seam_carrier_open(int fd, int count, size_t bytes);

/* What is not written yet never will be. */
void seam_carrier_close(struct seam_carrier **carrier);

/* Take a record to be written, and one that was; as soon as a write has failed, so do both. The
 * result is that of seam_record_write(), of this or any earlier one, and of seam_record_read(). */
int seam_carrier_write(struct seam_carrier *carrier, const struct seam_record *record,
                       const void *data);
int seam_carrier_read(struct seam_carrier *carrier, const struct seam_record *record, void *data);

/* What the first write that failed said; 0: none has. */
int seam_carrier_failed(struct seam_carrier *carrier);

/* A record that was written will be asked for soon. Where there is no room, nothing is done. */
void seam_carrier_ahead(struct seam_carrier *carrier, const struct seam_record *record);

#endif /* SEAM_STREAM_CARRIER_H */
