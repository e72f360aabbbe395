/*
 * A Video4Linux2 camera for programs that are started with this in LD_PRELOAD, so that the real v4l2-ctl (and anything
 * else that speaks V4L2) can be tested on machines without the kernel's virtual cameras.
 *
 * $PINHOLE_VIRTUAL_CAMERA is a folder. A regular file whose name begins with "video" in it is a device: taking it away
 * unplugs the camera. Beside it lie `<device>.conf` (what the device is; written by virtual-camera.ts), `<device>.state`
 * (the controls' values) and `<device>.sock` (where pictures come from: u32 size, i64 monotonic µs, bytes, all in the
 * machine's byte order). The device file itself is the memory of its buffers.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/videodev2.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <unistd.h>

#define MOST 64
#define BUFFER_BYTES (8u << 20)

struct mode { char fourcc[5]; unsigned width, height, fps; };
struct control { char name[64]; unsigned id, type; int min, max, step, standard; unsigned flags; int held_by, held_while; };
struct option { unsigned id, index; char label[64]; };

static char folder[4096], device_path[4096];
static char driver[32], card[64], bus[64];
static unsigned capabilities;
static struct mode modes[MOST];
static struct control controls[MOST];
static struct option options[MOST];
static int mode_count, control_count, option_count, device_fd = -1, socket_fd = -1, buffer_count, queued[MOST], queue_length;
static struct v4l2_pix_format format;
static unsigned rate = 30, sequence;

static FILE *(*real_fopen)(const char *, const char *);
static int (*real_open)(const char *, int, ...);

__attribute__((constructor)) static void start(void) {
  const char *given = getenv("PINHOLE_VIRTUAL_CAMERA");
  snprintf(folder, sizeof folder, "%s", given ? given : "/nonexistent");
  real_fopen = dlsym(RTLD_NEXT, "fopen");
  real_open = dlsym(RTLD_NEXT, "open");
}

/* Through links too. */
static int is_device(const char *path) {
  char real[PATH_MAX];
  size_t length = strlen(folder);
  if (!path || strncmp(path, folder, length) || !realpath(path, real)) return 0;
  return !strncmp(real, folder, length) && !strncmp(real + length, "/video", 6) && !strchr(real + length + 1, '.');
}

static void beside(char *out, size_t size, const char *ending) { snprintf(out, size, "%s.%s", device_path, ending); }

static void read_conf(void) {
  char path[4200], line[512];
  beside(path, sizeof path, "conf");
  FILE *file = real_fopen(path, "r");
  if (!file) return;
  while (fgets(line, sizeof line, file)) {
    line[strcspn(line, "\n")] = 0;
    struct mode m; struct control c; struct option o;
    memset(&o, 0, sizeof o);
    if (!strncmp(line, "driver ", 7)) snprintf(driver, sizeof driver, "%s", line + 7);
    else if (!strncmp(line, "card ", 5)) snprintf(card, sizeof card, "%s", line + 5);
    else if (!strncmp(line, "bus ", 4)) snprintf(bus, sizeof bus, "%s", line + 4);
    else if (sscanf(line, "capabilities %x", &capabilities) == 1) {}
    else if (sscanf(line, "mode %4s %u %u %u", m.fourcc, &m.width, &m.height, &m.fps) == 4 && mode_count < MOST) modes[mode_count++] = m;
    else if (sscanf(line, "control %63s %x %u %d %d %d %d %x %d %d", c.name, &c.id, &c.type, &c.min, &c.max, &c.step, &c.standard, &c.flags, &c.held_by, &c.held_while) == 10 && control_count < MOST) controls[control_count++] = c;
    else if (sscanf(line, "option %x %u %63[^\n]", &o.id, &o.index, o.label) == 3 && option_count < MOST) options[option_count++] = o;
  }
  fclose(file);
  if (mode_count) {
    format.width = modes[0].width; format.height = modes[0].height;
    memcpy(&format.pixelformat, modes[0].fourcc, 4);
  }
}

static void state_path(char *out, size_t size) { beside(out, size, "state"); }

static int get_value(int i) {
  char path[4200]; int32_t value = controls[i].standard;
  state_path(path, sizeof path);
  int fd = real_open(path, O_RDONLY);
  if (fd >= 0) {
    int32_t all[MOST * 2] = {0};
    ssize_t n = read(fd, all, sizeof all);
    if (n >= (ssize_t)(8 * (i + 1)) && all[2 * i]) value = all[2 * i + 1];
    close(fd);
  }
  return value;
}

static void set_value(int i, int value) {
  char path[4200]; int32_t all[MOST * 2] = {0};
  state_path(path, sizeof path);
  int fd = real_open(path, O_RDWR | O_CREAT, 0600);
  if (fd < 0) return;
  if (read(fd, all, sizeof all) < 0) {}
  all[2 * i] = 1; all[2 * i + 1] = value;
  lseek(fd, 0, SEEK_SET);
  if (write(fd, all, sizeof all) < 0) {}
  close(fd);
}

static unsigned flags_of(int i) {
  struct control *c = &controls[i];
  if (c->held_by >= 0 && get_value(c->held_by) == c->held_while) return c->flags | V4L2_CTRL_FLAG_INACTIVE;
  return c->flags;
}

static int find_control(unsigned id) {
  unsigned plain = id & ~(V4L2_CTRL_FLAG_NEXT_CTRL | V4L2_CTRL_FLAG_NEXT_COMPOUND);
  if (!(id & V4L2_CTRL_FLAG_NEXT_CTRL)) {
    for (int i = 0; i < control_count; i++) if (controls[i].id == plain) return i;
    return -1;
  }
  int best = -1;
  for (int i = 0; i < control_count; i++)
    if (controls[i].id > plain && (best < 0 || controls[i].id < controls[best].id)) best = i;
  return best;
}

static int fail(int code) { errno = code; return -1; }

static int unplugged(void) { return access(device_path, F_OK) != 0; }

static void fourcc_of(unsigned n, char *out) { memcpy(out, &n, 4); out[4] = 0; }

static int take_all(int fd, void *to, size_t size) {
  for (char *at = to; size > 0;) {
    ssize_t n = read(fd, at, size);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return -1;
    at += n; size -= (size_t)n;
  }
  return 0;
}

static int stream_on(void) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  char path[4200], order[100], fourcc[5];
  beside(path, sizeof path, "sock");
  snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
  socket_fd = socket(AF_UNIX, SOCK_STREAM, 0);
  if (connect(socket_fd, (struct sockaddr *)&address, sizeof address) < 0) return fail(ENODEV);
  fourcc_of(format.pixelformat, fourcc);
  int n = snprintf(order, sizeof order, "%s %u %u %u\n", fourcc, format.width, format.height, rate);
  if (write(socket_fd, order, (size_t)n) != n) return fail(ENODEV);
  return 0;
}

static int dequeue(struct v4l2_buffer *b) {
  uint32_t size; int64_t at;
  if (unplugged()) return fail(ENODEV);
  if (take_all(socket_fd, &size, 4) || take_all(socket_fd, &at, 8) || size > BUFFER_BYTES) return fail(ENODEV);
  static char picture[BUFFER_BYTES];
  if (take_all(socket_fd, picture, size) || unplugged()) return fail(ENODEV);
  int index = queue_length ? queued[0] : 0;
  if (queue_length) memmove(queued, queued + 1, sizeof(int) * (size_t)--queue_length);
  if (pwrite(device_fd, picture, size, (off_t)index * BUFFER_BYTES) < 0) return fail(EIO);
  b->index = (unsigned)index; b->bytesused = size; b->sequence = sequence++;
  b->length = BUFFER_BYTES; b->field = V4L2_FIELD_NONE; b->memory = V4L2_MEMORY_MMAP;
  b->flags = V4L2_BUF_FLAG_MAPPED | V4L2_BUF_FLAG_TIMESTAMP_MONOTONIC | V4L2_BUF_FLAG_TSTAMP_SRC_SOE;
  b->timestamp.tv_sec = at / 1000000; b->timestamp.tv_usec = at % 1000000;
  return 0;
}

static int enum_format(struct v4l2_fmtdesc *d) {
  if (d->type != V4L2_BUF_TYPE_VIDEO_CAPTURE) return fail(EINVAL);
  unsigned seen = 0;
  for (int i = 0; i < mode_count; i++) {
    int first = 1;
    for (int j = 0; j < i; j++) if (!strcmp(modes[j].fourcc, modes[i].fourcc)) first = 0;
    if (!first || seen++ != d->index) continue;
    memcpy(&d->pixelformat, modes[i].fourcc, 4);
    d->flags = strcmp(modes[i].fourcc, "MJPG") && strcmp(modes[i].fourcc, "H264") ? 0 : V4L2_FMT_FLAG_COMPRESSED;
    snprintf((char *)d->description, sizeof d->description, "%s", modes[i].fourcc);
    return 0;
  }
  return fail(EINVAL);
}

static int enum_size(struct v4l2_frmsizeenum *s) {
  char fourcc[5]; unsigned seen = 0;
  fourcc_of(s->pixel_format, fourcc);
  for (int i = 0; i < mode_count; i++) {
    int first = !strcmp(modes[i].fourcc, fourcc);
    for (int j = 0; j < i; j++) if (!strcmp(modes[j].fourcc, fourcc) && modes[j].width == modes[i].width && modes[j].height == modes[i].height) first = 0;
    if (!first || seen++ != s->index) continue;
    s->type = V4L2_FRMSIZE_TYPE_DISCRETE;
    s->discrete.width = modes[i].width; s->discrete.height = modes[i].height;
    return 0;
  }
  return fail(EINVAL);
}

static int enum_interval(struct v4l2_frmivalenum *v) {
  char fourcc[5]; unsigned seen = 0;
  fourcc_of(v->pixel_format, fourcc);
  for (int i = 0; i < mode_count; i++) {
    if (strcmp(modes[i].fourcc, fourcc) || modes[i].width != v->width || modes[i].height != v->height || seen++ != v->index) continue;
    v->type = V4L2_FRMIVAL_TYPE_DISCRETE;
    v->discrete.numerator = 1; v->discrete.denominator = modes[i].fps;
    return 0;
  }
  return fail(EINVAL);
}

static void fill_format(struct v4l2_format *f) {
  char fourcc[5]; struct mode *best = NULL;
  fourcc_of(f->fmt.pix.pixelformat, fourcc);
  for (int i = 0; i < mode_count; i++) {
    if (strcmp(modes[i].fourcc, fourcc)) continue;
    if (!best || (modes[i].width == f->fmt.pix.width && modes[i].height == f->fmt.pix.height)) best = &modes[i];
  }
  if (!best) best = &modes[0];
  f->fmt.pix.width = best->width; f->fmt.pix.height = best->height;
  memcpy(&f->fmt.pix.pixelformat, best->fourcc, 4);
  f->fmt.pix.field = V4L2_FIELD_NONE; f->fmt.pix.sizeimage = BUFFER_BYTES;
  f->fmt.pix.bytesperline = strcmp(best->fourcc, "YUYV") ? 0 : best->width * 2;
  f->fmt.pix.colorspace = V4L2_COLORSPACE_SRGB;
}

static int set_control(unsigned id, int value) {
  int i = find_control(id);
  if (i < 0) return fail(EINVAL);
  if (controls[i].flags & V4L2_CTRL_FLAG_READ_ONLY) return fail(EACCES);
  if (value < controls[i].min || value > controls[i].max) return fail(ERANGE);
  if (flags_of(i) & V4L2_CTRL_FLAG_INACTIVE) return fail(EINVAL); /* as UVC cameras do */
  set_value(i, value);
  return 0;
}

static int device_ioctl(unsigned long request, void *argument) {
  if (unplugged()) return fail(ENODEV);
  switch (request) {
    case VIDIOC_QUERYCAP: {
      struct v4l2_capability *c = argument;
      memset(c, 0, sizeof *c);
      memcpy(c->driver, driver, 15); memcpy(c->card, card, 31); memcpy(c->bus_info, bus, 31);
      c->version = 0x060100; c->device_caps = capabilities;
      c->capabilities = capabilities | V4L2_CAP_DEVICE_CAPS | V4L2_CAP_META_CAPTURE;
      return 0;
    }
    case VIDIOC_ENUM_FMT: return enum_format(argument);
    case VIDIOC_ENUM_FRAMESIZES: return enum_size(argument);
    case VIDIOC_ENUM_FRAMEINTERVALS: return enum_interval(argument);
    case VIDIOC_G_FMT: {
      struct v4l2_format *f = argument;
      if (f->type != V4L2_BUF_TYPE_VIDEO_CAPTURE || !mode_count) return fail(EINVAL);
      f->fmt.pix = format; fill_format(f);
      return 0;
    }
    case VIDIOC_TRY_FMT: case VIDIOC_S_FMT: {
      struct v4l2_format *f = argument;
      if (f->type != V4L2_BUF_TYPE_VIDEO_CAPTURE || !mode_count) return fail(EINVAL);
      fill_format(f);
      if (request == VIDIOC_S_FMT) format = f->fmt.pix;
      return 0;
    }
    case VIDIOC_G_PARM: case VIDIOC_S_PARM: {
      struct v4l2_streamparm *p = argument;
      if (p->type != V4L2_BUF_TYPE_VIDEO_CAPTURE) return fail(EINVAL);
      struct v4l2_fract *f = &p->parm.capture.timeperframe;
      if (request == VIDIOC_S_PARM && f->numerator) rate = (f->denominator + f->numerator / 2) / f->numerator;
      p->parm.capture.capability = V4L2_CAP_TIMEPERFRAME;
      f->numerator = 1; f->denominator = rate;
      return 0;
    }
    case VIDIOC_QUERYCTRL: {
      struct v4l2_queryctrl *q = argument; int i = find_control(q->id);
      if (i < 0) return fail(EINVAL);
      struct control *c = &controls[i];
      memset(q, 0, sizeof *q);
      q->id = c->id; q->type = c->type; q->minimum = c->min; q->maximum = c->max; q->step = c->step;
      q->default_value = c->standard; q->flags = flags_of(i);
      memcpy(q->name, c->name, 31);
      return 0;
    }
    case VIDIOC_QUERY_EXT_CTRL: {
      struct v4l2_query_ext_ctrl *q = argument; int i = find_control(q->id);
      if (i < 0) return fail(EINVAL);
      struct control *c = &controls[i];
      memset(q, 0, sizeof *q);
      q->id = c->id; q->type = c->type; q->minimum = c->min; q->maximum = c->max; q->step = (unsigned)c->step;
      q->default_value = c->standard; q->flags = flags_of(i); q->elem_size = 4; q->elems = 1;
      memcpy(q->name, c->name, 31);
      return 0;
    }
    case VIDIOC_QUERYMENU: {
      struct v4l2_querymenu *q = argument;
      for (int i = 0; i < option_count; i++)
        if (options[i].id == q->id && options[i].index == q->index) { memcpy(q->name, options[i].label, 31); return 0; }
      return fail(EINVAL);
    }
    case VIDIOC_G_CTRL: {
      struct v4l2_control *c = argument; int i = find_control(c->id);
      if (i < 0) return fail(EINVAL);
      c->value = get_value(i);
      return 0;
    }
    case VIDIOC_S_CTRL: return set_control(((struct v4l2_control *)argument)->id, ((struct v4l2_control *)argument)->value);
    case VIDIOC_G_EXT_CTRLS: case VIDIOC_S_EXT_CTRLS: case VIDIOC_TRY_EXT_CTRLS: {
      struct v4l2_ext_controls *all = argument;
      for (unsigned k = 0; k < all->count; k++) {
        all->error_idx = k;
        int i = find_control(all->controls[k].id);
        if (i < 0 || controls[i].type == V4L2_CTRL_TYPE_CTRL_CLASS) return fail(EINVAL);
        if (request == VIDIOC_G_EXT_CTRLS) all->controls[k].value = get_value(i);
        else if (request == VIDIOC_S_EXT_CTRLS && set_control(all->controls[k].id, all->controls[k].value)) return -1;
      }
      return 0;
    }
    case VIDIOC_REQBUFS: {
      struct v4l2_requestbuffers *r = argument;
      if (r->type != V4L2_BUF_TYPE_VIDEO_CAPTURE || r->memory != V4L2_MEMORY_MMAP) return fail(EINVAL);
      if (r->count && flock(device_fd, LOCK_EX | LOCK_NB) < 0) return fail(EBUSY);
      buffer_count = (int)r->count; r->capabilities = V4L2_BUF_CAP_SUPPORTS_MMAP;
      if (ftruncate(device_fd, (off_t)buffer_count * BUFFER_BYTES) < 0) return fail(ENOMEM);
      return 0;
    }
    case VIDIOC_QUERYBUF: {
      struct v4l2_buffer *b = argument;
      if ((int)b->index >= buffer_count) return fail(EINVAL);
      b->length = BUFFER_BYTES; b->m.offset = b->index * BUFFER_BYTES; b->memory = V4L2_MEMORY_MMAP;
      b->flags = V4L2_BUF_FLAG_TIMESTAMP_MONOTONIC;
      return 0;
    }
    case VIDIOC_QBUF: if (queue_length < MOST) queued[queue_length++] = (int)((struct v4l2_buffer *)argument)->index; return 0;
    case VIDIOC_DQBUF: return dequeue(argument);
    case VIDIOC_STREAMON: return stream_on();
    case VIDIOC_STREAMOFF: if (socket_fd >= 0) close(socket_fd); socket_fd = -1; return 0;
    default: return fail(ENOTTY);
  }
}

static int open_device(const char *path, int flags) {
  int fd = real_open(path, flags & ~O_NONBLOCK);
  if (fd < 0) return fd;
  device_fd = fd;
  if (!realpath(path, device_path)) device_path[0] = 0;
  mode_count = control_count = option_count = 0;
  read_conf();
  return fd;
}

int open(const char *path, int flags, ...) {
  va_list rest; va_start(rest, flags); int mode = va_arg(rest, int); va_end(rest);
  if (!real_open) real_open = dlsym(RTLD_NEXT, "open");
  return is_device(path) ? open_device(path, flags) : real_open(path, flags, mode);
}

int open64(const char *path, int flags, ...) {
  va_list rest; va_start(rest, flags); int mode = va_arg(rest, int); va_end(rest);
  if (!real_open) real_open = dlsym(RTLD_NEXT, "open");
  return is_device(path) ? open_device(path, flags) : real_open(path, flags, mode);
}

int ioctl(int fd, unsigned long request, ...) {
  static int (*real)(int, unsigned long, ...);
  va_list rest; va_start(rest, request); void *argument = va_arg(rest, void *); va_end(rest);
  if (fd == device_fd && fd >= 0) return device_ioctl(request & 0xffffffffu, argument);
  if (!real) real = dlsym(RTLD_NEXT, "ioctl");
  return real(fd, request, argument);
}

/* Programs look up what kind of node it is: by its number, in sysfs. */
static FILE *open_file(const char *path, const char *mode) {
  char instead[4200];
  if (!real_fopen) real_fopen = dlsym(RTLD_NEXT, "fopen");
  if (path && !strncmp(path, "/sys/dev/char/81:", 17)) {
    snprintf(instead, sizeof instead, "%s/uevent", folder);
    return real_fopen(instead, mode);
  }
  return real_fopen(path, mode);
}
FILE *fopen(const char *path, const char *mode) { return open_file(path, mode); }
FILE *fopen64(const char *path, const char *mode) { return open_file(path, mode); }

static void as_device(struct stat *s) { s->st_mode = S_IFCHR | 0660; s->st_rdev = makedev(81, 0); }
int stat(const char *path, struct stat *s) {
  static int (*real)(const char *, struct stat *);
  if (!real) real = dlsym(RTLD_NEXT, "stat");
  int result = real(path, s);
  if (result == 0 && is_device(path)) as_device(s);
  return result;
}
int stat64(const char *path, struct stat64 *s) { return stat(path, (struct stat *)s); }

/* What `open` becomes in programs built with _FORTIFY_SOURCE. */
int __open_2(const char *path, int flags) { return open(path, flags, 0); }
int __open64_2(const char *path, int flags) { return open(path, flags, 0); }
