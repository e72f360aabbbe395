import type { PictureElement } from '@pinhole/client';
import { markSharpEdges, type Rgb } from './sharp-edges.ts';

/** Paints the sharp edges of a picture. */
export interface EdgePainter {
  paint(picture: PictureElement, options: { readonly threshold: number; readonly colour: Rgb }): void;
}

/** More pixels than these show nothing more on a screen, and cost. */
const MAX_WIDTH = { webgl: 1280, plain: 480 } as const;

const VERTEX = `
attribute vec2 corner;
varying vec2 place;
void main() {
  place = corner * 0.5 + 0.5;
  gl_Position = vec4(corner, 0.0, 1.0);
}`;

const FRAGMENT = `
precision highp float;
uniform sampler2D picture;
uniform vec2 texel;
uniform float threshold;
uniform vec3 colour;
varying vec2 place;
float light(float x, float y) {
  return dot(texture2D(picture, place + vec2(x, y) * texel).rgb, vec3(0.2126, 0.7152, 0.0722));
}
void main() {
  float laplacian = 4.0 * light(0.0, 0.0) - light(-1.0, 0.0) - light(1.0, 0.0) - light(0.0, -1.0) - light(0.0, 1.0);
  gl_FragColor = abs(laplacian) > threshold ? vec4(colour, 1.0) : vec4(0.0);
}`;

/** A painter on this canvas: by WebGL where the browser has it, else by counting. */
export const openEdgePainter = (canvas: HTMLCanvasElement): EdgePainter =>
  openWebGl(canvas) ?? openPlain(canvas);

function openWebGl(canvas: HTMLCanvasElement): EdgePainter | undefined {
  const gl = canvas.getContext('webgl', { premultipliedAlpha: true });
  if (!gl) return undefined;
  const program = gl.createProgram();
  for (const [type, source] of [
    [gl.VERTEX_SHADER, VERTEX],
    [gl.FRAGMENT_SHADER, FRAGMENT],
  ] as const) {
    const shader = gl.createShader(type);
    if (!shader) return undefined;
    gl.shaderSource(shader, source);
    gl.compileShader(shader);
    gl.attachShader(program, shader);
  }
  gl.linkProgram(program);
  gl.useProgram(program);
  // One triangle that covers everything.
  gl.bindBuffer(gl.ARRAY_BUFFER, gl.createBuffer());
  gl.bufferData(gl.ARRAY_BUFFER, new Float32Array([-1, -1, 3, -1, -1, 3]), gl.STATIC_DRAW);
  const corner = gl.getAttribLocation(program, 'corner');
  gl.enableVertexAttribArray(corner);
  gl.vertexAttribPointer(corner, 2, gl.FLOAT, false, 0, 0);
  gl.bindTexture(gl.TEXTURE_2D, gl.createTexture());
  gl.pixelStorei(gl.UNPACK_FLIP_Y_WEBGL, true);
  for (const side of [gl.TEXTURE_WRAP_S, gl.TEXTURE_WRAP_T])
    gl.texParameteri(gl.TEXTURE_2D, side, gl.CLAMP_TO_EDGE);
  gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, gl.LINEAR);
  const uniform = (name: string) => gl.getUniformLocation(program, name);
  const places = { texel: uniform('texel'), threshold: uniform('threshold'), colour: uniform('colour') };
  return {
    paint(picture, { threshold, colour: [red, green, blue] }) {
      if (!fit(canvas, picture, MAX_WIDTH.webgl) || gl.isContextLost()) return;
      gl.viewport(0, 0, canvas.width, canvas.height);
      gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGB, gl.RGB, gl.UNSIGNED_BYTE, picture);
      gl.uniform2f(places.texel, 1 / canvas.width, 1 / canvas.height);
      gl.uniform1f(places.threshold, threshold);
      gl.uniform3f(places.colour, red / 255, green / 255, blue / 255);
      gl.drawArrays(gl.TRIANGLES, 0, 3);
    },
  };
}

function openPlain(canvas: HTMLCanvasElement): EdgePainter {
  const to = canvas.getContext('2d');
  const from = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  return {
    paint(picture, options) {
      if (!to || !from || !fit(canvas, picture, MAX_WIDTH.plain)) return;
      const { width, height } = canvas;
      fit(from.canvas, picture, MAX_WIDTH.plain);
      from.drawImage(picture, 0, 0, width, height);
      const { data } = from.getImageData(0, 0, width, height);
      const marks = to.createImageData(width, height);
      markSharpEdges(data, marks.data, { width, height, ...options });
      to.putImageData(marks, 0, 0);
    },
  };
}

/** Gives a canvas the shape of the picture. @returns whether there is a picture */
function fit(canvas: HTMLCanvasElement, picture: PictureElement, maxWidth: number): boolean {
  const video = picture instanceof HTMLVideoElement;
  const [width, height] = video ? [picture.videoWidth, picture.videoHeight] : [picture.width, picture.height];
  if (width === 0 || height === 0) return false;
  const scale = Math.min(1, maxWidth / width);
  const size = [Math.round(width * scale), Math.max(1, Math.round(height * scale))] as const;
  // To set a size, even the same, makes the canvas empty.
  if (canvas.width !== size[0]) canvas.width = size[0];
  if (canvas.height !== size[1]) canvas.height = size[1];
  return true;
}
