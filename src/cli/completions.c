/* seamless completions: what a shell offers behind Tab, made of the table of options. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/option_groups.h"
#include "cli/values.h"

/* The first line of a text within single quotes; what a shell reads there in its own way is
 * escaped. */
static void put_quoted(const char *text, const char *quote, const char *escaped)
{
    for (const char *c = text; *c && *c != '\n'; c++) {
        if (*c == '\'')
            fputs(quote, stdout);
        else if (strchr(escaped, *c))
            printf("\\%c", *c);
        else
            putchar(*c);
    }
}

/* The networks that are built in, each with `before` in front. */
static void put_networks(const char *before)
{
    const char *name, *purpose;
    for (size_t i = 0; (name = seam_builtin_name(i, &purpose)) != NULL; i++)
        printf("%s%s", before, name);
}

static bool is_network(const GOptionEntry *e)
{
    return strcmp(e->long_name, "model") == 0;
}

/* What an option may be given, with spaces between; whether there is anything. */
static bool put_values(const GOptionEntry *e, const char *before, const char *behind)
{
    const char *const *values = is_network(e) ? NULL : cli_option_values(e->long_name);
    if (!values && !is_network(e))
        return false;
    fputs(before, stdout);
    if (!values) {
        fputs("auto", stdout);
        put_networks(" ");
    }
    for (int i = 0; values && values[i]; i++)
        printf("%s%s", i ? " " : "", values[i]);
    fputs(behind, stdout);
    return true;
}

/* The words of each option, once for all commands. */
static void bash_values(void *opaque, const char *heading, const GOptionEntry *entries)
{
    (void)opaque;
    (void)heading;
    for (const GOptionEntry *e = entries; e->long_name; e++) {
        if (!is_network(e) && !cli_option_values(e->long_name))
            continue;
        printf("    --%s", e->long_name);
        if (e->short_name)
            printf("|-%c", e->short_name);
        put_values(e, ") values='", "' ;;\n");
    }
}

static void bash_words(void *opaque, const char *heading, const GOptionEntry *entries)
{
    (void)opaque;
    (void)heading;
    for (const GOptionEntry *e = entries; e->long_name; e++)
        if (e->long_name[0])
            printf(" --%s%s", e->long_name, e->arg == G_OPTION_ARG_NONE ? "" : "=");
}

/* What 'help' explains, each with `before` in front. */
static void put_helped(const char *before)
{
    for (const struct cli_entry *c = cli_commands; c->name; c++)
        printf("%s%s", before, c->name);
    for (size_t i = 0; cli_topic_name(i); i++)
        printf("%s%s", before, cli_topic_name(i));
}

static void bash_options(void)
{
    struct cli_raw none = { 0 };
    fputs("    case ${COMP_WORDS[1]} in\n", stdout);
    for (const struct cli_entry *c = cli_commands; c->name; c++) {
        if (!c->options)
            continue;
        printf("    %s) words='", c->name);
        cli_option_tables(c->options, &none, bash_words, NULL);
        fputs("' ;;\n", stdout);
    }
    fputs("    info|convert) [ \"$COMP_CWORD\" -eq 2 ] && values='", stdout);
    put_networks(" ");
    fputs("' ;;\n    completions) values='bash zsh fish' ;;\n    help) values='", stdout);
    put_helped(" ");
    fputs("' ;;\n    esac\n", stdout);
}

/* bash takes "--engine=ort" for three words. What no word begins with is left to it: a file. */
static void bash(void)
{
    struct cli_raw none = { 0 };
    fputs("_seamless()\n{\n    local cur=${COMP_WORDS[COMP_CWORD]} words= values=\n"
          "    local option=${COMP_WORDS[COMP_CWORD-1]}\n    COMPREPLY=()\n"
          "    if [ \"$COMP_CWORD\" -eq 1 ]; then\n        COMPREPLY=($(compgen -W '", stdout);
    for (const struct cli_entry *c = cli_commands; c->name; c++)
        printf("%s ", c->name);
    fputs("help' -- \"$cur\"))\n        return\n    fi\n"
          "    if [ \"$cur\" = = ]; then\n        cur=\n"
          "    elif [ \"$option\" = = ]; then\n        option=${COMP_WORDS[COMP_CWORD-2]}\n"
          "    fi\n", stdout);
    bash_options();
    fputs("    case $option in\n", stdout);
    cli_option_tables(CLI_RESTORE, &none, bash_values, NULL);
    fputs("    esac\n    if [ -n \"$values\" ]; then\n"
          "        COMPREPLY=($(compgen -W \"$values\" -- \"$cur\"))\n"
          "    elif [[ $cur == -* ]]; then\n        compopt -o nospace 2>/dev/null\n"
          "        COMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n    fi\n}\n"
          "complete -o default -F _seamless seamless\n", stdout);
}

static bool takes_file(const GOptionEntry *e)
{
    return e->arg == G_OPTION_ARG_FILENAME || e->arg == G_OPTION_ARG_FILENAME_ARRAY;
}

/* The text of an option, and what may stand behind it. */
static void zsh_option(const GOptionEntry *e)
{
    putchar('[');
    put_quoted(e->description, "'\\''", "[]:\\");
    putchar(']');
    if (e->arg != G_OPTION_ARG_NONE) {
        putchar(':');
        put_quoted(e->arg_description, "'\\''", ":\\");
        if (is_network(e))
            put_values(e, ":{_alternative \"networks\\:network\\:(",
                       ")\" \"files\\:file\\:_files\"}");
        else if (!put_values(e, ":(", ")"))
            printf(":%s", takes_file(e) ? "_files" : "");
    }
    putchar('\'');
}

/* The last network is the one that counts: of everything else that is a list, all do. */
static bool repeats(const GOptionEntry *e)
{
    return e->arg == G_OPTION_ARG_STRING_ARRAY;
}

static void zsh_words(void *opaque, const char *heading, const GOptionEntry *entries)
{
    (void)opaque;
    (void)heading;
    for (const GOptionEntry *e = entries; e->long_name; e++) {
        if (!e->long_name[0])
            continue;
        printf(" \\\n        '%s--%s%s", repeats(e) ? "*" : "", e->long_name,
               e->arg == G_OPTION_ARG_NONE ? "" : "=");
        zsh_option(e);
        if (!e->short_name)
            continue;
        printf(" \\\n        '%s-%c%s", repeats(e) ? "*" : "", e->short_name,
               e->arg == G_OPTION_ARG_NONE ? "" : "+");
        zsh_option(e);
    }
}

static void zsh(void)
{
    struct cli_raw none = { 0 };
    fputs("#compdef seamless\nif (( CURRENT == 2 )); then\n    compadd", stdout);
    for (const struct cli_entry *c = cli_commands; c->name; c++)
        printf(" %s", c->name);
    fputs(" help\n    return\nfi\nlocal command=$words[2]\nshift words\n(( CURRENT-- ))\n"
          "case $command in\n", stdout);
    for (const struct cli_entry *c = cli_commands; c->name; c++) {
        if (!c->options)
            continue;
        printf("%s)\n    _arguments", c->name);
        cli_option_tables(c->options, &none, zsh_words, NULL);
        fputs(" \\\n        '*:file:_files' ;;\n", stdout);
    }
    fputs("info|convert) compadd", stdout);
    put_networks(" ");
    fputs("; _files ;;\ncompletions) compadd bash zsh fish ;;\nhelp) compadd", stdout);
    put_helped(" ");
    fputs(" ;;\n*) _files ;;\nesac\n", stdout);
}

static void fish_words(void *opaque, const char *heading, const GOptionEntry *entries)
{
    (void)heading;
    for (const GOptionEntry *e = entries; e->long_name; e++) {
        if (!e->long_name[0])
            continue;
        printf("complete -c seamless -n '__fish_seen_subcommand_from %s' -l %s",
               (const char *)opaque, e->long_name);
        if (e->short_name)
            printf(" -s %c", e->short_name);
        if (takes_file(e))
            fputs(" -r", stdout);
        else if (e->arg != G_OPTION_ARG_NONE)
            fputs(" -x", stdout);
        put_values(e, " -a '", "'");
        fputs(" -d '", stdout);
        put_quoted(e->description, "\\'", "\\");
        fputs("'\n", stdout);
    }
}

static void fish(void)
{
    struct cli_raw none = { 0 };
    for (const struct cli_entry *c = cli_commands; c->name; c++) {
        printf("complete -c seamless -f -n __fish_use_subcommand -a %s\n", c->name);
        if (c->options)
            cli_option_tables(c->options, &none, fish_words,
                              (void *)(uintptr_t)c->name);
    }
    fputs("complete -c seamless -n '__fish_seen_subcommand_from info convert' -a '", stdout);
    put_networks(" ");
    fputs("'\ncomplete -c seamless -f -n '__fish_seen_subcommand_from completions' "
          "-a 'bash zsh fish'\n"
          "complete -c seamless -f -n __fish_use_subcommand -a help\n"
          "complete -c seamless -f -n '__fish_seen_subcommand_from help' -a '", stdout);
    put_helped(" ");
    fputs("'\n", stdout);
}

int cli_completions(int argc, char **argv)
{
    static const struct {
        const char *name;
        void (*write)(void);
    } shells[] = { { "bash", bash }, { "zsh", zsh }, { "fish", fish } };
    for (size_t i = 0; argc == 2 && i < G_N_ELEMENTS(shells); i++)
        if (strcmp(argv[1], shells[i].name) == 0) {
            shells[i].write();
            return EXIT_SUCCESS;
        }
    const bool help = argc == 2 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0);
    fputs("Usage:\n  seamless completions bash|zsh|fish\n\n"
          "Print what makes the shell offer commands, options and values, for a file\n"
          "that it reads by itself (zsh: in a folder of its $fpath):\n"
          "  cd ~/.local/share/bash-completion/completions\n"
          "  seamless completions bash > seamless\n"
          "  seamless completions zsh > ~/.zfunc/_seamless\n"
          "  seamless completions fish > ~/.config/fish/completions/seamless.fish\n",
          help ? stdout : stderr);
    return help ? EXIT_SUCCESS : EXIT_USAGE;
}
