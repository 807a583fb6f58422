/* Which built-in network a picture needs: a look at its noise and its block grid. */
#ifndef SEAM_CHOOSE_H
#define SEAM_CHOOSE_H

#include <stdint.h>

/* What is seen of a picture's luma, in 255ths of its range. */
struct seam_look {
    double fine;    /* spread of white noise, in the smoothest squares of the picture: somewhat too
                       low */
    double coarse;  /* likewise from means of 2x2 pixels: as large as `fine` where noise is white,
                     * larger where it is coarse or went through JPEG, or where the picture has
                     * texture */
    double texture; /* how much of `coarse` differs between squares: from 1.2 for noise alone to 2
                       and more */
    double grid;    /* how much larger steps are at lines 8 pixels apart than at any others */
};

/* What to do with it. */
struct seam_choice {
    const char *network; /* "denoise", "deblock", or "null": leave it alone */
    char reason[96];     /* a phrase for messages */
};

/* Look at a plane of luma, 0..255, whose rows lie `stride` samples apart; 0 and 255 say that noise
 * was cut off there. 512 pixels each way tell enough; where one side has fewer than 64 nothing is
 * seen. */
void seam_look_take(struct seam_look *look, const float *luma, int64_t width, int64_t height,
                    int64_t stride);

/* Noise goes first: the networks that take it away were trained on files, and take away blocks with
 * it. */
void seam_choose(struct seam_choice *choice, const struct seam_look *look);

#endif /* SEAM_CHOOSE_H */
