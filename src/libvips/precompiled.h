/* What most files of io and the command include is read once for all of them. */
#include <vips/vips.h>
