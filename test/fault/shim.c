/*
 * Writes down, in order, everything a process does to the files of one folder, so that a power cut can be replayed at any point.
 * Preloaded into the process; PURSER_FAULT_FOLDER names the folder and PURSER_FAULT_JOURNAL the file that takes the records.
 * One mutex is held over each call and its record, so that the order of the records is the order on the disk: a sync is recorded
 * once it has returned, a write only together with its effect. Memory maps are not seen (SQLite maps only -shm, which a cut drops).
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum { OP_OPEN = 1, OP_WRITE, OP_TRUNCATE, OP_SYNC, OP_SYNC_FOLDER, OP_UNLINK, OP_RENAME };
enum { FLAG_CREATED = 1, FLAG_TRUNCATED = 2 };
enum { MOST_DESCRIPTORS = 65536, LONGEST_PATH = 4096 };

struct record {
  uint32_t op;
  uint32_t file;
  uint64_t offset;
  uint64_t length;
};

static pthread_mutex_t order = PTHREAD_MUTEX_INITIALIZER;
static int journal = -1;
static char folder[LONGEST_PATH];
static size_t folder_length;
/* The number of the file behind a descriptor: 0 is a file of no interest, FOLDER the folder itself. */
static uint32_t file_of[MOST_DESCRIPTORS];
static uint32_t files;
static const uint32_t FOLDER = UINT32_MAX;

static void put(const void *bytes, size_t length) {
  const char *at = bytes;
  while (length > 0) {
    long written = syscall(SYS_write, journal, at, length);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) abort();
    at += written;
    length -= (size_t)written;
  }
}

static void note(uint32_t op, uint32_t file, uint64_t offset, const void *bytes, size_t length) {
  int kept = errno;
  struct record head = {op, file, offset, length};
  put(&head, sizeof head);
  if (length > 0) put(bytes, length);
  errno = kept;
}

__attribute__((constructor)) static void begin(void) {
  const char *where = getenv("PURSER_FAULT_FOLDER");
  const char *into = getenv("PURSER_FAULT_JOURNAL");
  if (where == NULL || into == NULL || realpath(where, folder) == NULL) return;
  folder_length = strlen(folder);
  journal = (int)syscall(SYS_openat, AT_FDCWD, into, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

/* The absolute path into `out`; whether it lies in the folder. */
static int inside(const char *path, char *out) {
  if (journal < 0 || path == NULL) return 0;
  if (path[0] == '/') {
    if (strlen(path) >= LONGEST_PATH) return 0;
    strcpy(out, path);
  } else {
    if (getcwd(out, LONGEST_PATH) == NULL || strlen(out) + strlen(path) + 2 > LONGEST_PATH) return 0;
    strcat(strcat(out, "/"), path);
  }
  return strncmp(out, folder, folder_length) == 0 && (out[folder_length] == '/' || out[folder_length] == 0);
}

static int tracked(int fd) { return fd >= 0 && fd < MOST_DESCRIPTORS && file_of[fd] != 0 && file_of[fd] != FOLDER; }

#define REAL(type, name, ...)                        \
  static type (*real)(__VA_ARGS__);                  \
  if (real == NULL) real = (type(*)(__VA_ARGS__))dlsym(RTLD_NEXT, #name)

static int open_noted(int at, const char *path, int flags, mode_t mode) {
  char full[LONGEST_PATH];
  int relevant = (at == AT_FDCWD || path[0] == '/') && inside(path, full);
  if (!relevant) {
    int fd = (int)syscall(SYS_openat, at, path, flags, mode);
    if (fd >= 0 && fd < MOST_DESCRIPTORS) file_of[fd] = 0;
    return fd;
  }
  pthread_mutex_lock(&order);
  struct stat before;
  int existed = stat(full, &before) == 0;
  int fd = (int)syscall(SYS_openat, at, path, flags, mode);
  if (fd >= 0 && fd < MOST_DESCRIPTORS) {
    if (existed && S_ISDIR(before.st_mode)) {
      file_of[fd] = FOLDER;
    } else {
      file_of[fd] = ++files;
      uint64_t what = (existed ? 0 : FLAG_CREATED) | ((flags & O_TRUNC) != 0 ? FLAG_TRUNCATED : 0);
      note(OP_OPEN, file_of[fd], what, full, strlen(full));
    }
  }
  pthread_mutex_unlock(&order);
  return fd;
}

#define MODE_OF(flags, mode)                         \
  mode_t mode = 0;                                   \
  if (((flags) & (O_CREAT | __O_TMPFILE)) != 0) {    \
    va_list rest;                                    \
    va_start(rest, flags);                           \
    mode = va_arg(rest, mode_t);                     \
    va_end(rest);                                    \
  }

int open(const char *path, int flags, ...) {
  MODE_OF(flags, mode)
  return open_noted(AT_FDCWD, path, flags, mode);
}
int open64(const char *path, int flags, ...) {
  MODE_OF(flags, mode)
  return open_noted(AT_FDCWD, path, flags, mode);
}
int openat(int at, const char *path, int flags, ...) {
  MODE_OF(flags, mode)
  return open_noted(at, path, flags, mode);
}
int openat64(int at, const char *path, int flags, ...) {
  MODE_OF(flags, mode)
  return open_noted(at, path, flags, mode);
}

int close(int fd) {
  if (fd >= 0 && fd < MOST_DESCRIPTORS) file_of[fd] = 0;
  return (int)syscall(SYS_close, fd);
}

ssize_t pwrite64(int fd, const void *bytes, size_t length, off64_t offset) {
  if (!tracked(fd)) return syscall(SYS_pwrite64, fd, bytes, length, offset);
  pthread_mutex_lock(&order);
  ssize_t written = syscall(SYS_pwrite64, fd, bytes, length, offset);
  if (written > 0) note(OP_WRITE, file_of[fd], (uint64_t)offset, bytes, (size_t)written);
  pthread_mutex_unlock(&order);
  return written;
}
ssize_t pwrite(int fd, const void *bytes, size_t length, off_t offset) { return pwrite64(fd, bytes, length, offset); }

ssize_t write(int fd, const void *bytes, size_t length) {
  if (!tracked(fd)) return syscall(SYS_write, fd, bytes, length);
  pthread_mutex_lock(&order);
  ssize_t written = syscall(SYS_write, fd, bytes, length);
  if (written > 0) note(OP_WRITE, file_of[fd], (uint64_t)lseek(fd, 0, SEEK_CUR) - (uint64_t)written, bytes, (size_t)written);
  pthread_mutex_unlock(&order);
  return written;
}

/* A vector can be written short, so it goes out as its parts. */
ssize_t writev(int fd, const struct iovec *parts, int count) {
  if (!tracked(fd)) return syscall(SYS_writev, fd, parts, count);
  ssize_t total = 0;
  for (int part = 0; part < count; part++) {
    ssize_t written = write(fd, parts[part].iov_base, parts[part].iov_len);
    if (written < 0) return total > 0 ? total : written;
    total += written;
    if ((size_t)written < parts[part].iov_len) break;
  }
  return total;
}

int ftruncate64(int fd, off64_t size) {
  if (!tracked(fd)) return (int)syscall(SYS_ftruncate, fd, size);
  pthread_mutex_lock(&order);
  int result = (int)syscall(SYS_ftruncate, fd, size);
  if (result == 0) note(OP_TRUNCATE, file_of[fd], (uint64_t)size, NULL, 0);
  pthread_mutex_unlock(&order);
  return result;
}
int ftruncate(int fd, off_t size) { return ftruncate64(fd, size); }

static int sync_noted(long call, int fd) {
  uint32_t file = fd >= 0 && fd < MOST_DESCRIPTORS ? file_of[fd] : 0;
  if (file == 0) return (int)syscall(call, fd);
  pthread_mutex_lock(&order);
  int result = (int)syscall(call, fd);
  if (result == 0) note(file == FOLDER ? OP_SYNC_FOLDER : OP_SYNC, file, 0, NULL, 0);
  pthread_mutex_unlock(&order);
  return result;
}
int fsync(int fd) { return sync_noted(SYS_fsync, fd); }
int fdatasync(int fd) { return sync_noted(SYS_fdatasync, fd); }

int unlink(const char *path) {
  char full[LONGEST_PATH];
  REAL(int, unlink, const char *);
  if (!inside(path, full)) return real(path);
  pthread_mutex_lock(&order);
  int result = real(path);
  if (result == 0) note(OP_UNLINK, 0, 0, full, strlen(full));
  pthread_mutex_unlock(&order);
  return result;
}

/* The record's offset is the length of the old name, which the new one follows. */
int rename(const char *from, const char *to) {
  char both[2 * LONGEST_PATH];
  char target[LONGEST_PATH];
  REAL(int, rename, const char *, const char *);
  int leaves = inside(from, both);
  int arrives = inside(to, target);
  if (!leaves || !arrives) return real(from, to);
  pthread_mutex_lock(&order);
  int result = real(from, to);
  if (result == 0) {
    size_t split = strlen(both);
    strcpy(both + split, target);
    note(OP_RENAME, 0, split, both, strlen(both));
  }
  pthread_mutex_unlock(&order);
  return result;
}
