// Text and elements.

const $ = (id) => document.getElementById(id);

function element(kind, name, text = "") {
  const made = document.createElement(kind);
  if (name) made.className = name;
  made.textContent = text;
  return made;
}

function swatch(color) {
  const made = element("i", "swatch");
  made.style.background = color;
  return made;
}

const signed = (value, digits) => {
  const text = Math.abs(value).toFixed(digits);
  return Number(text) === 0 ? text : (value < 0 ? "−" : "+") + text;
};

/** Minutes and seconds; as many digits as tell `ticks` apart, if given, else `digits`. */
function clock(seconds, ticks, digits = 2) {
  if (ticks && ticks.length > 1) digits = Math.max(0, -Math.floor(Math.log10(ticks[1] - ticks[0]) + 1e-9));
  const whole = Math.round(seconds * 10 ** digits), minute = 60 * 10 ** digits;
  const minutes = Math.floor(whole / minute), rest = ((whole % minute) / 10 ** digits).toFixed(digits);
  const pad = (text, length) => String(text).padStart(length, "0");
  const tail = pad(rest, digits ? digits + 3 : 2);
  return minutes < 60 ? `${minutes}:${tail}` : `${Math.floor(minutes / 60)}:${pad(minutes % 60, 2)}:${tail}`;
}

const percent = (share) => `${Math.round(100 * share)} %`;
