/* The files of the page, read from disk each time: nothing here is fast, nothing needs to be. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/sandbox/sandbox.h"

#define FILE_MAX (1 << 20)

static const struct file {
    const char *path, *name, *type;
} files[] = {
    { "/", "index.html", "text/html; charset=utf-8" },
    { "/app.js", "app.js", "text/javascript; charset=utf-8" },
    { "/style.css", "style.css", "text/css; charset=utf-8" },
};

static char *file_text(struct request *request, const char *name)
{
    const char *path =
        arena_printf(request->arena, "%s/page/%s", request->sandbox->options.data_dir, name);
    FILE *file = fopen(path, "rb");

    if (!file)
        return NULL;
    char *text = arena_alloc(request->arena, FILE_MAX + 1);
    size_t len = fread(text, 1, FILE_MAX, file);
    fclose(file);
    text[len] = 0;
    return text;
}

void page_handle(struct request *request)
{
    for (size_t i = 0; i < COUNT(files); i++) {
        const char *text = NULL;
        if (strcmp(request->path, files[i].path) != 0 || strcmp(request->method, "GET") != 0)
            continue;
        text = file_text(request, files[i].name);
        if (text) {
            reply_text(request, 200, files[i].type, text);
            reply_header(request, "Cache-Control", "no-store");
            reply_header(request, "Content-Security-Policy",
                         "default-src 'self'; img-src 'self' data:");
            return;
        }
    }
    reply_text(request, 404, "text/plain", "not found\n");
}
