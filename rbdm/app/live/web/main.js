// The page `Live`: its buttons, and what it says.

import { cameras, eachFrame, openCamera, reasonOf, worksHidden } from "./camera.js";
import { Curves } from "./curves.js";
import { Link } from "./link.js";
import { People } from "./people.js";
import { drawPicture } from "./picture.js";
import { Recording } from "./recording.js";

const $ = (name) => document.getElementById(`live-${name}`);
const SPEED_EVERY = 1000, SILENCE = 3000, FAULT = 4002;
const GONE = "rbdm does not answer any more. If you did not quit it, start it again, then press Start camera.";
const UNPLUGGED = "The camera was disconnected, or the browser has stopped it. Connect it, then press Start camera.";
const NO_PICTURE = "The camera gives no picture at the moment.";

let track = null, link = null, classes = [], people = null, curves = null, recording = null, drawn = [], lastFrame = 0, stopping = null;

function say(text) {
  $("state").textContent = text;
}

function complain(text) {
  $("problem").textContent = text;
  $("problem").hidden = !text;
}

function light(state) {
  const texts = { off: "Camera off", on: "Camera on", recording: "Camera on, recording" };
  $("light").dataset.state = state;
  $("light").lastElementChild.textContent = texts[state];
  document.title = state === "off" ? "Live · rbdm" : `● ${texts[state]} · rbdm`;
}

function showButtons() {
  const runs = track !== null;
  $("start").hidden = runs;
  $("stop").hidden = !runs;
  $("device").disabled = $("size").disabled = runs;
  $("dark").hidden = runs;
  recording.show(runs && link !== null, link);
}

async function listCameras() {
  const chosen = $("device").value;
  const found = (await cameras()).map((device, index) => new Option(device.label || `Camera ${index + 1}`, device.deviceId));
  $("device").replaceChildren(new Option("The browser's choice", ""), ...found);
  $("device").value = found.some((option) => option.value === chosen) ? chosen : "";
}

async function start() {
  complain("");
  say("The browser may ask whether this page may use the camera.");
  $("start").disabled = true;
  try {
    track = await openCamera($("device").value, $("size").value.split("x").map(Number));
  } catch (error) {
    say("The camera is off.");
    complain(reasonOf(error));
    return;
  } finally {
    $("start").disabled = false;
  }
  light("on");
  showButtons();
  $("stop").focus();
  say("The network is being loaded.");
  track.addEventListener("ended", () => stop(UNPLUGGED));
  listCameras();
  const camera = track;
  await stopping;
  if (camera !== track) return;
  // Of a connection that was given up, only the end of its recording is of interest.
  const hear = (answer, slot) => (mine === link || answer.kind === "recorded") && heard(answer, slot);
  const mine = new Link(hear, ({ code }) => mine === link && stop(code === FAULT ? $("problem").textContent : GONE));
  link = mine;
}

/** Ends a recording before the connection: its last frames may still be under way. */
async function stop(problem = "") {
  const closing = link, camera = track;
  link = track = null;
  camera?.stop();
  light("off");
  showButtons();
  say(problem ? "The camera is off." : "The camera is off. Nothing is stored unless you record.");
  if (problem) complain([problem, recording.isOn ? `The recording up to this moment is kept: ${recording.video}` : ""].join(" ").trim());
  if (document.activeElement === document.body) $("start").focus();
  const pen = $("canvas").getContext("2d");
  pen.clearRect(0, 0, $("canvas").width, $("canvas").height);
  people?.clear();
  curves?.clear();
  $("speed").textContent = "";
  stopping = recording.finish(closing).then(() => closing?.close());
  await stopping;
  showButtons();
}

function heard(answer, slot) {
  const kinds = { ready, busy: ({ text }) => stop(text), got, faces, recorded, problem };
  kinds[answer.kind]?.(answer, slot);
}

function problem({ text }) {
  complain(text);
  if (link && !recording.isOn) link.recording = false;
}

function ready(answer) {
  classes = answer.classes;
  people = new People($("people"), $("nobody"), classes);
  curves = new Curves($("curves"), classes);
  drawn = [];
  say(`The camera is on. Weights: ${answer.weights}. Nothing is stored unless you record.`);
  showButtons();
  const mine = link;
  lastFrame = performance.now();
  eachFrame(track, (frame) => {
    lastFrame = performance.now();
    if (mine === link) mine.offer(frame);
  }).then(() => mine === link && track?.readyState === "ended" && stop(UNPLUGGED), (error) => mine === link && stop(reasonOf(error)));
}

function got(answer) {
  if (!track) return; // answers that were under way when the camera was stopped
  recording.progress(answer.recording);
  light(recording.isOn ? "recording" : "on");
}

function faces(answer, slot) {
  if (!slot || !track) return;
  drawPicture($("canvas"), slot.canvas, answer.faces, classes);
  const now = performance.now();
  people.show(answer.faces, now);
  curves.add(answer.faces, slot.time);
  drawn.push({ now, delay: now - slot.arrived });
  document.dispatchEvent(new CustomEvent("live-drawn", { detail: { ...answer, delay: now - slot.arrived } }));
}

function recorded(answer) {
  recording.ended(answer);
  if (track) light("on");
  showButtons();
}

function showSpeed() {
  const now = performance.now();
  drawn = drawn.filter((one) => now - one.now < 2 * SPEED_EVERY);
  if (!track) return;
  if ($("problem").textContent === NO_PICTURE && now - lastFrame < SILENCE) complain("");
  if (people && now - lastFrame > SILENCE && $("problem").hidden) complain(NO_PICTURE);
  const delay = drawn.reduce((sum, one) => sum + one.delay, 0) / Math.max(drawn.length, 1);
  if (drawn.length) $("speed").textContent = `${(drawn.length / 2).toFixed(0)} frames per second, shown ${delay.toFixed(0)} ms after the camera`;
}

function begin() {
  recording = new Recording($, say, complain);
  $("start").addEventListener("click", start);
  $("stop").addEventListener("click", () => stop());
  navigator.mediaDevices?.addEventListener("devicechange", listCameras);
  addEventListener("beforeunload", (event) => recording.isOn && event.preventDefault());
  document.addEventListener("visibilitychange", () => {
    const loses = document.hidden && recording.isOn && !worksHidden;
    if (loses) complain("This browser gives no pictures while the page is hidden: they are missing in the recording. Keep the page visible.");
  });
  setInterval(showSpeed, SPEED_EVERY);
  light("off");
  showButtons();
  listCameras();
  document.documentElement.dataset.live = "ready";
}

// The framework builds the page after its scripts are loaded.
(function whenBuilt() {
  if (["canvas", "record", "curves", "people", "folder"].every($)) begin();
  else requestAnimationFrame(whenBuilt);
})();
