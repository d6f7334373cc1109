// Recording: its buttons, its progress, and the list of what was recorded.

const PATIENCE = 5000;

const plural = (count, word) => `${count.toLocaleString("en")} ${word}${count === 1 ? "" : "s"}`;
const clock = (seconds) => `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;

export class Recording {
  #$; #say; #complain; #link = null; #waits = null;

  constructor($, say, complain) {
    this.#$ = $;
    this.#say = say;
    this.#complain = complain;
    this.isOn = false;
    this.video = "";
    $("record").addEventListener("click", () => this.#start());
    $("end").addEventListener("click", () => this.#link?.command({ do: "stop" }));
    new MutationObserver(() => this.show(this.#link !== null, this.#link)).observe($("folder"), { attributes: true });
  }

  /** Shows what can be pressed now. */
  show(runs, link) {
    const $ = this.#$, has = $("folder").dataset.chosen === "yes";
    this.#link = runs ? link : null;
    $("record").disabled = !(runs && has);
    $("record").hidden = this.isOn;
    $("end").hidden = !this.isOn;
    $("name").disabled = this.isOn;
    if (this.isOn) return;
    const missing = [runs ? "" : "start the camera", has ? "" : "choose a folder"].filter(Boolean).join(" and ");
    $("recording").textContent = missing ? `To record, ${missing}.` : "Record stores the video, the time of each frame and, at the end, the annotations.";
  }

  #start() {
    this.#complain("");
    this.#link.recording = true;
    this.#link.command({ do: "record", name: this.#$("name").value });
  }

  /** `state` comes with each frame that has arrived; null if it is not recorded. */
  progress(state) {
    if (!state) return;
    if (!this.isOn) {
      this.isOn = true;
      this.video = state.video;
      this.show(true, this.#link);
      this.#$("end").focus();
      this.#say(`Recording to ${state.video}`);
    }
    const lost = state.dropped ? `, ${plural(state.dropped, "frame")} of the camera dropped` : "";
    this.#$("recording").textContent = `Recording: ${clock(state.seconds)}, ${plural(state.frames, "frame")}${lost}`;
  }

  /** rbdm has ended a recording. */
  ended(answer) {
    this.isOn = false;
    if (this.#link) this.#link.recording = false;
    this.#waits?.();
    if (!answer.video) {
      this.#say("Nothing was recorded.");
      return;
    }
    const name = answer.video.split(/[\\/]/).at(-1), lost = answer.dropped ? plural(answer.dropped, "frame") : "no frame";
    this.#say(`The recording has ended: ${answer.video}`);
    const item = document.createElement("li"), title = document.createElement("b");
    title.textContent = name;
    item.append(title, `: ${plural(answer.frames, "frame")} in ${answer.seconds.toFixed(1)} s (${answer.rate} per second), ${lost} dropped, `
      + `at most ${answer.longest_step.toFixed(2)} s from one frame to the next. ${answer.next ?? ""}`);
    this.#$("recordings").prepend(item);
    if (document.activeElement === document.body) this.#$("record").focus();
  }

  /** Ends a recording before the connection is closed, and waits until rbdm has done so. */
  async finish(link) {
    if (!this.isOn) return;
    if (!link?.isOpen) {
      this.isOn = false;
      return;
    }
    const ended = new Promise((resolve) => (this.#waits = resolve));
    link.command({ do: "stop" });
    await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, PATIENCE))]);
    this.#waits = null;
    this.isOn = false;
  }
}
