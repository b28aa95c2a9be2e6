/* Records what one process does to the files of one folder, in order, so that a power cut can be replayed at every point.
 *
 * Preloaded (LD_PRELOAD) before SQLite: each call is made first, then written to the log. A record is
 *
 *     operation (1 byte)  W write, T truncate, U unlink, S flush
 *     length of the name  (1 byte), six bytes of nothing
 *     offset              (8 bytes, little endian; the new size for T)
 *     length of the data  (8 bytes), eight bytes of nothing
 *     name, data
 *
 * RECORD_FOLDER names the folder (no slash at its end), RECORD_LOG the log, which must lie elsewhere.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define HEAD 32

static int log_file = -1;
static char folder[PATH_MAX];
static size_t folder_length;
static pthread_mutex_t one_at_a_time = PTHREAD_MUTEX_INITIALIZER;

static ssize_t (*real_write)(int, const void *, size_t);
static ssize_t (*real_pwrite)(int, const void *, size_t, off64_t);
static int (*real_fsync)(int);
static int (*real_fdatasync)(int);
static int (*real_ftruncate)(int, off64_t);
static int (*real_unlink)(const char *);

__attribute__((constructor)) static void start(void)
{
    real_write = dlsym(RTLD_NEXT, "write");
    real_pwrite = dlsym(RTLD_NEXT, "pwrite64");
    real_fsync = dlsym(RTLD_NEXT, "fsync");
    real_fdatasync = dlsym(RTLD_NEXT, "fdatasync");
    real_ftruncate = dlsym(RTLD_NEXT, "ftruncate64");
    real_unlink = dlsym(RTLD_NEXT, "unlink");
    const char *named = getenv("RECORD_FOLDER"), *log_name = getenv("RECORD_LOG");
    if (!named || !log_name || strlen(named) >= sizeof folder)
        return;
    strcpy(folder, named);
    folder_length = strlen(folder);
    log_file = open(log_name, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

/* The name of a path inside the folder, "." for the folder itself; NULL for anything else. */
static const char *inside(const char *path)
{
    if (log_file < 0 || strncmp(path, folder, folder_length))
        return NULL;
    if (!path[folder_length])
        return ".";
    return path[folder_length] == '/' ? path + folder_length + 1 : NULL;
}

static const char *name_of(int file, char *path)
{
    char link[64];
    if (log_file < 0 || file == log_file)
        return NULL;
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t length = readlink(link, path, PATH_MAX - 1);
    if (length < 0)
        return NULL;
    path[length] = 0;
    return inside(path);
}

static void note(char operation, const char *name, int64_t offset, const void *data, int64_t length)
{
    size_t name_length = strlen(name), total = HEAD + name_length + (data ? (size_t)length : 0);
    char *record = name_length < 256 ? calloc(1, total) : NULL;
    if (!record)
        abort(); /* a gap in the log would make every replay a lie */
    record[0] = operation;
    record[1] = (char)name_length;
    memcpy(record + 8, &offset, 8);
    memcpy(record + 16, &length, 8);
    memcpy(record + HEAD, name, name_length);
    if (data)
        memcpy(record + HEAD + name_length, data, (size_t)length);
    pthread_mutex_lock(&one_at_a_time);
    if (real_write(log_file, record, total) != (ssize_t)total)
        abort();
    pthread_mutex_unlock(&one_at_a_time);
    free(record);
}

ssize_t pwrite64(int file, const void *data, size_t length, off64_t offset)
{
    char path[PATH_MAX];
    ssize_t done = real_pwrite(file, data, length, offset);
    const char *name = done > 0 ? name_of(file, path) : NULL;
    if (name)
        note('W', name, offset, data, done);
    return done;
}

ssize_t pwrite(int file, const void *data, size_t length, off_t offset)
{
    return pwrite64(file, data, length, offset);
}

ssize_t write(int file, const void *data, size_t length)
{
    char path[PATH_MAX];
    off64_t offset = lseek64(file, 0, SEEK_CUR);
    ssize_t done = real_write(file, data, length);
    const char *name = done > 0 && offset >= 0 ? name_of(file, path) : NULL;
    if (name)
        note('W', name, offset, data, done);
    return done;
}

int fsync(int file)
{
    char path[PATH_MAX];
    int failed = real_fsync(file);
    const char *name = failed ? NULL : name_of(file, path);
    if (name)
        note('S', name, 0, NULL, 0);
    return failed;
}

int fdatasync(int file)
{
    char path[PATH_MAX];
    int failed = real_fdatasync(file);
    const char *name = failed ? NULL : name_of(file, path);
    if (name)
        note('S', name, 0, NULL, 0);
    return failed;
}

int ftruncate64(int file, off64_t size)
{
    char path[PATH_MAX];
    int failed = real_ftruncate(file, size);
    const char *name = failed ? NULL : name_of(file, path);
    if (name)
        note('T', name, size, NULL, 0);
    return failed;
}

int ftruncate(int file, off_t size)
{
    return ftruncate64(file, size);
}

int unlink(const char *path)
{
    int failed = real_unlink(path);
    const char *name = failed ? NULL : inside(path);
    if (name)
        note('U', name, 0, NULL, 0);
    return failed;
}
