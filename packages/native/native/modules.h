#pragma once

#include <node_api.h>

namespace pinhole {

// Each adds its functions to what JavaScript gets.
void registerFanout(napi_env env, napi_value exports);
void registerSlot(napi_env env, napi_value exports);

}  // namespace pinhole
