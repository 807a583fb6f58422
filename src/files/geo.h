/* Where on earth a picture lies: GeoTIFF's fields and GDAL's beside them. Pure but for GLib's
 * arrays. */
#ifndef SEAM_FILES_GEO_H
#define SEAM_FILES_GEO_H

#include "files/tags.h"

/* Those of page `page`, 0 the first, of a TIFF file; NULL where there are none. `place` as in
 * seam_tags_read_tiff(). */
GPtrArray *seam_geo_read(const char *path, int page, struct seam_tags_place *place);

/* How a result lies over its picture: it begins at `left`, `top` of it, and is so many times as
 * large. */
struct seam_geo_map {
    double left, top, scale_x, scale_y;
};

/* Let the fields say where the result lies. What GDAL knew of the old samples (statistics) goes. */
void seam_geo_map(GPtrArray *geo, const struct seam_geo_map *map);

/* What GDAL says that samples are where nothing was measured, in words; NULL where nothing is said.
 * Free it with g_free(). */
char *seam_geo_nodata(const GPtrArray *geo);
void seam_geo_set_nodata(GPtrArray *geo, double value);

#endif /* SEAM_FILES_GEO_H */
