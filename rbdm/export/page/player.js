// Plays the video of a page. Times are those of the results: seconds from the start of the file's earliest stream.

// Seconds: browsers round times to microseconds or milliseconds, pages to 0.01 ms.
const NEARLY = 5e-4, ROUNDING = 2e-5, STRANGE = 0.05, OTHER_LENGTH = [1, 0.02];

/**
 * A place in time that moves when the video plays, when the user seeks, and with the keys: space, arrows, Home, End.
 * It also moves without the video.
 *
 * `link`: what `video_link` of video_link.py returns, or null. `moments`: the frames of the video, see `evenMoments`.
 * `follow(index, playing, asked)` is called with the number of the current moment after each change; `asked` says
 * whether the user went there.
 */
function createPlayer(link, moments, follow) {
  const video = $("video"), player = $("player");
  let index = 0, offset = link ? link.start : 0, ready = false, moved = false, chosen = false, strange = false;
  let latest = NaN;

  const playing = () => ready && !video.paused && !video.ended;

  function tell(asked = false) {
    const time = moments.first(index);
    $("position").value = time;
    $("position").setAttribute("aria-valuetext", clock(time));
    $("now").setAttribute("aria-live", playing() ? "off" : "polite");
    follow(index, playing(), asked);
  }

  /** The middle of a frame is shown as this frame, however the browser rounds. */
  function go(to) {
    index = Math.min(Math.max(to, 0), moments.count - 1);
    moved = true;
    if (ready) video.currentTime = offset + (moments.first(index) + moments.last(index)) / 2;
    tell(true);
  }

  function step(by) {
    if (playing()) video.pause();
    let to = index + by;
    while (moments.isGap(to)) to += by;
    if (to >= 0 && to < moments.count) go(to);
  }

  const seek = (time) => go(moments.at(time + ROUNDING));

  function toggle() {
    if (!ready) return;
    if (!video.paused) { video.pause(); return; }
    if (index >= moments.count - 1) go(0);
    video.play().catch((error) => { if (error.name !== "AbortError") console.error(error); });
  }

  // What the video says

  function heard(time) {
    if (!playing() || video.seeking) return;
    const now = moments.at(time - offset + NEARLY);
    if (now === index) return;
    index = now;
    tell();
  }

  function watch() {
    if (video.requestVideoFrameCallback) {
      video.requestVideoFrameCallback((_, shown) => { latest = shown.mediaTime - offset; heard(shown.mediaTime); watch(); });
    } else {
      requestAnimationFrame(() => { heard(video.currentTime); watch(); });
    }
  }

  /** Browsers start to count either where the file does or with the earliest stream: its first frame tells. */
  function findOffset() {
    if (!video.requestVideoFrameCallback) return;
    video.requestVideoFrameCallback((_, shown) => {
      if (moved) return;
      const measured = shown.mediaTime - moments.first(0);
      const likely = [link.start, 0].sort((a, b) => Math.abs(a - measured) - Math.abs(b - measured))[0];
      // Even moments do not know when the first frame is.
      strange = !moments.isEven && Math.abs(likely - measured) >= STRANGE;
      offset = strange ? measured : likely;
      if (ready) judge();
    });
  }

  // Opening

  const say = (text) => { $("problem").textContent = text; };

  /** Whether the browser can show the pictures of the video at an address. */
  function open(address) {
    return new Promise((done) => {
      video.onloadeddata = () => done(video.videoWidth > 0);
      video.onerror = () => done(false);
      findOffset();
      video.src = address;
    });
  }

  function show() {
    const { videoWidth: width, videoHeight: height } = video;
    ready = true;
    player.dataset.video = "yes";
    $("stage").style.aspectRatio = `${width} / ${height}`;
    $("stage").style.width = `calc(min(32vh, 400px) * ${width / height})`;
    $("stage").hidden = $("controls").hidden = false;
    $("choose").hidden = true;
    judge();
    if (moved) go(index); else tell();
  }

  /** Says what makes it doubtful that pictures and values belong together. */
  function judge() {
    const length = video.duration - offset, [seconds, share] = OTHER_LENGTH;
    const other = Number.isFinite(length) && Math.abs(length - link.end) > Math.max(seconds, share * link.end);
    if (chosen && other) {
      say(`Is this the right video? It lasts ${clock(length)}, the results are of ${clock(link.end)}.`);
    } else {
      say(strange ? "This browser counts the time of this file in another way: pictures and values may differ by some frames." : "");
    }
  }

  function miss() {
    ready = false;
    delete player.dataset.video;
    $("stage").hidden = $("controls").hidden = true;
    $("choose").hidden = false;
    say(chosen
      ? `This browser cannot play ${$("file").files[0].name}: choose a copy of the video in another format, such as H.264 in .mp4.`
      : `The video ${link.name} is not beside this page, or this browser cannot play it (${link.format}).`);
  }

  async function begin() {
    if (!link) { player.hidden = true; return; }
    const wanted = link;
    for (const address of link.addresses) {
      const opened = await open(address);
      if (chosen || link !== wanted) return;
      if (opened) { show(); return; }
    }
    miss();
  }

  async function choose(file) {
    if (!file) return;
    chosen = true;
    if (video.src.startsWith("blob:")) URL.revokeObjectURL(video.src);
    if (await open(URL.createObjectURL(file))) show(); else miss();
  }

  // What the user does

  const keys = {
    " ": toggle, ArrowLeft: () => step(-1), ArrowRight: () => step(1), Home: () => go(0),
    End: () => go(moments.count - 1),
  };

  function press(event) {
    const act = keys[event.key];
    if (!act || event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
    // These use the keys themselves.
    if (event.target.closest("button, input, select, textarea, a, summary, label")) return;
    if (event.key === " " && !ready) return;
    if (["Home", "End"].includes(event.key) && !event.target.closest("#player, [data-seeks]")) return;
    event.preventDefault();
    act();
  }

  document.addEventListener("keydown", press);
  document.querySelectorAll("[data-step]").forEach((button) => {
    button.addEventListener("click", () => step(Number(button.dataset.step)));
  });
  $("play").addEventListener("click", toggle);
  video.addEventListener("click", toggle);
  $("position").addEventListener("input", () => seek(Number($("position").value)));
  $("speed").addEventListener("change", () => { video.playbackRate = Number($("speed").value); });
  $("sound").addEventListener("click", () => {
    video.muted = !video.muted;
    $("sound").setAttribute("aria-pressed", String(!video.muted));
  });
  $("file").addEventListener("change", () => choose($("file").files[0]));
  for (const name of ["play", "pause", "ended"]) {
    video.addEventListener(name, () => {
      const runs = playing();
      $("play").textContent = runs ? "❚❚" : "▶";
      $("play").setAttribute("aria-label", runs ? "Pause" : "Play");
      if (name === "ended") index = moments.count - 1;
      tell();
    });
  }
  watch();

  return {
    begin, seek, go, step, index: () => index, playing, ready: () => ready, offset: () => offset,
    /** The time of the picture that the browser showed last; NaN if it does not say. */
    latest: () => latest,
    /** Another video, for pages of several. */
    async load(other, others) {
      video.pause();
      [link, moments, index, ready, moved, chosen, strange] = [other, others, 0, false, false, false, false];
      offset = link ? link.start : 0;
      $("position").max = moments.last(moments.count - 1);
      player.hidden = false;
      tell();
      await begin();
    },
    /** From now on, these are the moments: the frames of another person, who may have other gaps. */
    use(others) {
      const time = moments.first(index);
      moments = others;
      index = moments.at(time + ROUNDING);
      if (ready || moved) tell();
    },
  };
}

/** Moments of equal length, for pages that do not know the frames. Each is a number from 0. */
function evenMoments(end, length) {
  const count = Math.max(1, Math.ceil(end / length - 1e-6));
  return {
    isEven: true, count, first: (i) => i * length, last: (i) => Math.min(end, (i + 1) * length), isGap: () => false,
    at: (time) => Math.min(Math.max(Math.floor(time / length + 1e-6), 0), count - 1),
  };
}
