/* What the executor of rows needs of the native engine. */
#ifndef SEAM_ENGINE_NATIVE_H
#define SEAM_ENGINE_NATIVE_H

#include "engine/native/flow.h"

/* `engine` was opened by seam_engine_native. */
const struct seam_packed *seam_native_packed(const void *engine);
struct seam_crew *seam_native_crew(void *engine);

#endif /* SEAM_ENGINE_NATIVE_H */
