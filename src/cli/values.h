/* Words that an option takes. */
#ifndef SEAM_CLI_VALUES_H
#define SEAM_CLI_VALUES_H

/* In the order that parsing takes them for, NULL at the end. */
extern const char *const cli_transfer_names[];
extern const char *const cli_depth_names[];
extern const char *const cli_colour_names[];
extern const char *const cli_precision_names[];

/* What `option`, without its dashes, may be given, NULL at the end; NULL: nobody can list it. */
const char *const *cli_option_values(const char *option);

#endif /* SEAM_CLI_VALUES_H */
