// The list of people: for each person the class, the probabilities as bars, and gauges of valence and arousal.

import { likeliest, pageColorOf } from "./faces.js";

const EVERY = 200, FORGET = 60_000;

const percent = (share) => `${Math.round(100 * share)} %`;
const signed = (value) => `${value < 0 ? "−" : "+"}${Math.abs(value).toFixed(2)}`;

function make(tag, className, text = "") {
  const element = document.createElement(tag);
  element.className = className;
  element.textContent = text;
  return element;
}

export class People {
  #list; #empty; #classes; #cards = new Map(); #last = 0;

  constructor(list, empty, classes) {
    this.#list = list;
    this.#empty = empty;
    this.#classes = classes;
    this.clear();
  }

  clear() {
    this.#list.replaceChildren();
    this.#cards.clear();
    this.#empty.hidden = false;
  }

  /** The numbers change too fast to be read, so that they are shown only a few times per second. */
  show(faces, now) {
    if (now - this.#last < EVERY) return;
    this.#last = now;
    const here = new Set();
    for (const face of faces.filter(({ person }) => person)) {
      here.add(face.person);
      const card = this.#cards.get(face.person) ?? this.#add(face.person);
      card.seen = now;
      card.name.style.setProperty("--person", pageColorOf(face.person));
      this.#fill(card, face);
    }
    for (const [person, card] of this.#cards) {
      card.root.classList.toggle("away", !here.has(person));
      card.state.textContent = here.has(person) ? card.text : "not in the picture";
      if (now - card.seen > FORGET) {
        card.root.remove();
        this.#cards.delete(person);
      }
    }
    this.#empty.hidden = this.#cards.size > 0;
  }

  #add(person) {
    const root = make("li", "person"), head = make("div", "person-head");
    const name = make("h3", "person-name", `Person ${person}`), state = make("span", "person-class");
    head.append(name, state);
    root.append(head);
    const bars = this.#classes.map(({ name: label, color }) => this.#bar(root, label, color));
    const gauges = ["Valence", "Arousal"].map((label) => this.#bar(root, label, "", "gauge"));
    const card = { root, name, state, bars, gauges, text: "", seen: 0 };
    const later = [...this.#cards].filter(([other]) => Number(other) > Number(person)).sort(([a], [b]) => a - b);
    this.#list.insertBefore(root, later[0]?.[1].root ?? null);
    this.#cards.set(person, card);
    return card;
  }

  #bar(root, label, color, kind = "") {
    const row = make("div", `bar-row ${kind}`), track = make("span", "bar-track"), fill = make("i", "bar-fill");
    const value = make("span", "bar-value");
    track.setAttribute("aria-hidden", "true");
    const name = make("span", "bar-label", label);
    if (color) {
      const swatch = make("i", "");
      swatch.style.background = fill.style.background = color;
      name.prepend(swatch);
    }
    track.append(fill);
    row.append(name, track, value);
    root.append(row);
    return { row, fill, value };
  }

  #fill(card, { probabilities, valence, arousal }) {
    const best = likeliest(probabilities);
    card.text = this.#classes[best].name;
    card.bars.forEach(({ row, fill, value }, index) => {
      fill.style.transform = `scaleX(${probabilities[index]})`;
      value.textContent = percent(probabilities[index]);
      row.classList.toggle("best", index === best);
    });
    [valence, arousal].forEach((number, index) => {
      const { fill, value } = card.gauges[index];
      fill.style.transform = `scaleX(${number / 2})`;
      value.textContent = signed(number);
    });
  }
}
