#pragma once

// What this camera says in a room, word for word. The server's documentation has them all: docs/rooms.md.
// snprintf fills them in, so what is filled in must need no escaping: see isPlain() in the sketch.

// The token of a strict room: before anything else.
const char AUTH[] = R"({"type":"auth","token":"%s"})";

// The room, the id of the camera, its picture's width, height and rate.
const char JOIN[] =
    R"({"type":"join","room":"%s","deviceType":"camera","cameraId":"%s",)"
    R"("capabilities":{"codecs":["jpeg"],"width":%u,"height":%u,"fps":%u,"audio":false,"ptz":false,"transports":["mjpeg"]}})";

// The id of the camera, true or false, how many watch, milliseconds since the device was switched on.
const char CAMERA_STATUS[] = R"({"type":"cameraStatus","cameraId":"%s","streaming":%s,"viewers":%u,"timestamp":%lu})";

// The id of the camera, bytes, width and height of the picture that was sent last.
const char FRAME_INFO[] = R"({"type":"frameInfo","cameraId":"%s","size":%u,"width":%u,"height":%u})";

// The viewer: it asked while MAX_VIEWERS watched.
const char REJECT_STREAM[] = R"({"type":"rejectStream","viewerId":"%s","reason":"busy"})";
