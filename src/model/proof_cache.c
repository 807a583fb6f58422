#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/cache.h"
#include "base/checksum.h"
#include "model/proof_cache.h"

struct proof {
    char file[1100];
    char text[512]; /* what the file holds: all that a proof depends on */
};

/* False where the network is not known by a checksum, or nothing can be kept. */
static bool name_proof(struct proof *proof, const struct seam_model *m)
{
    char folder[1024], network[64];
    seam_model_identity(m, network, sizeof(network));
    if (!network[0] || !m->ops->code || !seam_cache_folder(folder, sizeof(folder), "proofs"))
        return false;
    int n = snprintf(proof->text, sizeof(proof->text),
                     "seamless " SEAMLESS_VERSION " proof\n%s code %016" PRIx64 " on %s\n", network,
                     m->ops->code(), m->facts.engine_text);
    if (n <= 0 || (size_t)n >= sizeof(proof->text))
        return false;
    n = snprintf(proof->file, sizeof(proof->file), "%s/%016" PRIx64 ".proof", folder,
                 seam_checksum(0, proof->text, (size_t)n));
    return n > 0 && (size_t)n < sizeof(proof->file);
}

bool seam_proof_is_kept(const struct seam_model *m)
{
    struct proof proof;
    char text[sizeof(proof.text)];
    if (!name_proof(&proof, m))
        return false;
    const int64_t n = seam_cache_read(proof.file, text, sizeof(text));
    return n == (int64_t)strlen(proof.text) && memcmp(text, proof.text, (size_t)n) == 0;
}

void seam_proof_keep(const struct seam_model *m)
{
    struct proof proof;
    if (name_proof(&proof, m))
        (void)seam_cache_write(proof.file, proof.text, strlen(proof.text));
}
