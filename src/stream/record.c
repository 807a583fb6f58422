#include <errno.h>
#include <stdbool.h>
#include <unistd.h>

#include "base/checksum.h"
#include "stream/record.h"

uint64_t seam_record_table(uint64_t count)
{
    return (count * sizeof(uint64_t) + 4095) / 4096 * 4096;
}

/* Of these bytes as those of this record: not one of the same bytes elsewhere. */
static uint64_t sum_of(const struct seam_record *record, const void *data)
{
    return seam_checksum(seam_checksum(0, &record->number, sizeof(record->number)), data,
                         record->size);
}

/* Move `size` bytes between the file, from `at` on, and `data`. */
static int move(int fd, bool write, unsigned char *data, size_t size, uint64_t at)
{
    for (size_t done = 0; done < size;) {
        const off_t place = (off_t)(at + done);
        const ssize_t n = write ? pwrite(fd, data + done, size - done, place)
                                : pread(fd, data + done, size - done, place);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n < 0 ? errno : SEAM_RECORD_ENDS;
        done += (size_t)n;
    }
    return 0;
}

int seam_record_write(int fd, const struct seam_record *record, const void *data)
{
    uint64_t sum = sum_of(record, data);
    const int error = move(fd, true, (unsigned char *)(uintptr_t)data, record->size, record->at);
    return error ? error : move(fd, true, (unsigned char *)&sum, sizeof(sum),
                                record->number * sizeof(sum));
}

int seam_record_read(int fd, const struct seam_record *record, void *data)
{
    uint64_t sum = 0;
    int error = move(fd, false, data, record->size, record->at);
    if (!error)
        error = move(fd, false, (unsigned char *)&sum, sizeof(sum), record->number * sizeof(sum));
    if (!error && sum != sum_of(record, data))
        error = SEAM_RECORD_CHANGED;
    return error;
}
