/* Counts the commits of a process, which are its fsync and fdatasync calls, and ends it at one of them.
 *
 * PLUMB_SYNC_LOG=FILE   a byte is appended for each
 * PLUMB_SYNC_KILL=Nb    SIGKILL before the N-th; Na: after it
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

static atomic_long count;

static int synced(const char *name, int fd) {
    int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, name);
    long number = atomic_fetch_add(&count, 1) + 1;
    const char *log = getenv("PLUMB_SYNC_LOG");
    if (log) {
        int out = open(log, O_WRONLY | O_CREAT | O_APPEND, 0600);
        if (out >= 0) {
            if (write(out, ".", 1) < 0) { /* the count is short by one */ }
            close(out);
        }
    }
    const char *order = getenv("PLUMB_SYNC_KILL");
    char *when = NULL;
    long wanted = order ? strtol(order, &when, 10) : 0;
    if (wanted == number && *when == 'b')
        kill(getpid(), SIGKILL);
    int result = real(fd);
    if (wanted == number && *when == 'a')
        kill(getpid(), SIGKILL);
    return result;
}

int fsync(int fd) { return synced("fsync", fd); }
int fdatasync(int fd) { return synced("fdatasync", fd); }
