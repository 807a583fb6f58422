/* seamless completions: what a shell offers behind Tab, made of the table of options. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/option_groups.h"

/* Text within single quotes; what a shell reads there in its own way is escaped. */
static void put_quoted(const char *text, const char *quote, const char *escaped)
{
    for (const char *c = text; *c; c++) {
        if (*c == '\'')
            fputs(quote, stdout);
        else if (strchr(escaped, *c))
            printf("\\%c", *c);
        else
            putchar(*c);
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

static void bash(void)
{
    struct cli_raw none = { 0 };
    fputs("_seamless()\n{\n    local cur=${COMP_WORDS[COMP_CWORD]} words=\n    COMPREPLY=()\n"
          "    if [ \"$COMP_CWORD\" -eq 1 ]; then\n        COMPREPLY=($(compgen -W '", stdout);
    for (const struct cli_entry *c = cli_commands; c->name; c++)
        printf("%s ", c->name);
    fputs("help' -- \"$cur\"))\n        return\n    fi\n    case ${COMP_WORDS[1]} in\n", stdout);
    for (const struct cli_entry *c = cli_commands; c->name; c++) {
        if (!c->options)
            continue;
        printf("    %s) words='", c->name);
        cli_option_tables(c->options, &none, bash_words, NULL);
        fputs("' ;;\n", stdout);
    }
    fputs("    help) COMPREPLY=($(compgen -W '", stdout);
    put_helped(" ");
    fputs("' -- \"$cur\")); return ;;\n", stdout);
    fputs("    esac\n    if [[ $cur == -* ]]; then\n        compopt -o nospace 2>/dev/null\n"
          "        COMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n    fi\n}\n"
          "complete -o default -F _seamless seamless\n", stdout);
}

static bool takes_file(const GOptionEntry *e)
{
    return e->arg == G_OPTION_ARG_FILENAME || e->arg == G_OPTION_ARG_FILENAME_ARRAY;
}

static void zsh_words(void *opaque, const char *heading, const GOptionEntry *entries)
{
    (void)opaque;
    (void)heading;
    for (const GOptionEntry *e = entries; e->long_name; e++) {
        const bool file = takes_file(e);
        if (!e->long_name[0])
            continue;
        const bool bare = e->arg == G_OPTION_ARG_NONE;
        printf(" \\\n        '--%s%s[", e->long_name, bare ? "" : "=");
        put_quoted(e->description, "'\\''", "[]:\\");
        if (bare) {
            fputs("]'", stdout);
            continue;
        }
        fputs("]:", stdout);
        put_quoted(e->arg_description, "'\\''", "[]:\\");
        printf(":%s'", file ? "_files" : "");
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
    fputs("help) compadd", stdout);
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
    fputs("complete -c seamless -f -n __fish_use_subcommand -a help\n"
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
          "Print what makes the shell offer commands and options behind Tab. For bash:\n"
          "  seamless completions bash > ~/.local/share/bash-completion/completions/seamless\n",
          help ? stdout : stderr);
    return help ? EXIT_SUCCESS : EXIT_USAGE;
}
