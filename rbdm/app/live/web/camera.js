// The camera: opens it, and gives its frames with their times. Errors become sentences for the person.

// So many frames wait while the page is busy; without them, frames would be lost and nobody would know.
const BUFFER = 4;
const REASONS = {
  NotAllowedError: "The browser may not use the camera. Allow it at the camera sign in the address bar, or in the settings of the system. Then press Start camera.",
  NotFoundError: "There is no camera. Connect one, then press Start camera.",
  NotReadableError: "The camera does not answer, or another program uses it. Close that program, then press Start camera.",
  OverconstrainedError: "This camera is not there any more. Choose another one, then press Start camera.",
};

export const reasonOf = (error) => REASONS[error.name] ?? `The camera cannot be used (${error.name}: ${error.message}).`;

/** The track of a camera. Without `id`, the browser chooses one. */
export async function openCamera(id, [width, height]) {
  if (!navigator.mediaDevices) throw new DOMException("this browser has no access to cameras", "NotSupportedError");
  const video = { width: { ideal: width }, height: { ideal: height }, frameRate: { ideal: 30 } };
  if (id) video.deviceId = { exact: id };
  const stream = await navigator.mediaDevices.getUserMedia({ video, audio: false });
  return stream.getVideoTracks()[0];
}

export async function cameras() {
  const devices = (await navigator.mediaDevices?.enumerateDevices()) ?? [];
  return devices.filter((device) => device.kind === "videoinput" && device.deviceId);
}

/** Whether frames go on while the page is hidden. */
export const worksHidden = "MediaStreamTrackProcessor" in window;

/**
 * Calls `use` with each frame, until the track ends: `{source, width, height, time, missed}`.
 * `time` is milliseconds on the camera's clock, `missed` the number of frames since the last call that the page
 * did not get. The source is gone when `use` returns.
 */
export function eachFrame(track, use) {
  return worksHidden ? fromProcessor(track, use) : fromVideo(track, use);
}

async function fromProcessor(track, use) {
  const reader = new MediaStreamTrackProcessor({ track, maxBufferSize: BUFFER }).readable.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const { displayWidth: width, displayHeight: height, timestamp } = value;
    try {
      use({ source: value, width, height, time: timestamp / 1000, missed: 0 });
    } finally {
      value.close();
    }
  }
}

function fromVideo(track, use) {
  const video = document.createElement("video");
  video.muted = video.playsInline = true;
  video.srcObject = new MediaStream([track]);
  let last = 0;
  return new Promise((resolve, reject) => {
    const next = (now, about) => {
      const missed = last ? Math.max(0, about.presentedFrames - last - 1) : 0;
      last = about.presentedFrames;
      try {
        const time = about.captureTime ?? about.presentationTime;
        use({ source: video, width: video.videoWidth, height: video.videoHeight, time, missed });
      } catch (error) {
        reject(error);
        return;
      }
      if (track.readyState === "live") video.requestVideoFrameCallback(next);
      else resolve();
    };
    track.addEventListener("ended", resolve);
    video.requestVideoFrameCallback(next);
    video.play().catch(reject);
  });
}
