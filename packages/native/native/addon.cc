#include "modules.h"

NAPI_MODULE_INIT() {
  pinhole::registerFanout(env, exports);
  pinhole::registerSlot(env, exports);
  return exports;
}
