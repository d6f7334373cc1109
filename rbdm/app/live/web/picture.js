// The picture: the frame that was annotated, with its boxes. A newer picture would have the boxes in the wrong place.

import { colorOf, likeliest } from "./faces.js";

const LINE = 3, FONT = 15, PAD = 5;

export function drawPicture(canvas, frame, faces, classes) {
  if (canvas.width !== frame.width || canvas.height !== frame.height) {
    Object.assign(canvas, { width: frame.width, height: frame.height });
  }
  const pen = canvas.getContext("2d"), scale = frame.width / 640;
  pen.drawImage(frame, 0, 0);
  pen.font = `600 ${FONT * scale}px system-ui, sans-serif`;
  pen.textBaseline = "middle";
  for (const face of faces) drawFace(pen, face, classes, scale, frame);
}

function drawFace(pen, face, classes, scale, { width, height }) {
  const color = colorOf(face.person);
  const [top, left, bottom, right] = face.box, x = left * width, y = top * height;
  pen.lineWidth = LINE * scale;
  pen.strokeStyle = color;
  pen.strokeRect(x, y, (right - left) * width, (bottom - top) * height);
  const best = classes[likeliest(face.probabilities)].name;
  const text = face.person ? `${face.person} ${best}` : best;
  const wide = pen.measureText(text).width + 2 * PAD * scale, high = (FONT + 2 * PAD) * scale;
  const labelX = Math.min(Math.max(x, 0), width - wide), labelY = Math.max(y - high, 0);
  pen.fillStyle = "rgba(12, 14, 18, 0.82)";
  pen.fillRect(labelX, labelY, wide, high);
  pen.fillStyle = color;
  pen.fillRect(labelX, labelY, LINE * scale, high);
  pen.fillStyle = "#ffffff";
  pen.fillText(text, labelX + PAD * scale + LINE * scale / 2, labelY + high / 2);
}
