"use strict";
// Data, colours and what every chart shares.

const DATA = JSON.parse(document.getElementById("data").textContent);
const redraws = [];

function unpack(text) {
  return new Float64Array(Uint8Array.from(atob(text), (c) => c.charCodeAt(0)).buffer);
}

// Plotly reads some tags in its texts: whatever comes from outside goes through here.
function plain(text) {
  return String(text).replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");
}

function color(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

function isDark() {
  const asked = document.documentElement.dataset.theme;
  return asked ? asked === "dark" : window.matchMedia("(prefers-color-scheme: dark)").matches;
}

function isNarrow() {
  return window.innerWidth <= 640;
}

const CONFIG = {
  displaylogo: false,
  responsive: true,
  displayModeBar: false,
  doubleClick: false,
};

function axis(extra) {
  return { gridcolor: color("grid"), linecolor: color("line"), zeroline: false, tickfont: { size: 11 }, ...extra };
}

function layout(extra) {
  return {
    paper_bgcolor: "rgba(0,0,0,0)",
    plot_bgcolor: "rgba(0,0,0,0)",
    font: { color: color("soft"), size: 12, family: getComputedStyle(document.body).fontFamily },
    hoverlabel: { bgcolor: color("panel"), bordercolor: color("line"), font: { color: color("ink") } },
    hovermode: "x unified",
    autosize: true,
    margin: { l: 10, r: 10, t: 8, b: 40 },
    legend: { orientation: "h", x: 0, y: 1, yanchor: "bottom", font: { size: 11 } },
    dragmode: isNarrow() ? "pan" : "zoom",
    ...extra,
  };
}

// Keeps a chart as wide as its box, also when only the box changes.
function fit(id) {
  const chart = document.getElementById(id);
  new ResizeObserver(() => Plotly.Plots.resize(chart)).observe(chart);
}

function amount(value, digits = 2) {
  if (Number.isNaN(value)) return "–";
  return value.toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

function significant(value) {
  return Number.isNaN(value) ? "–" : Number(value.toPrecision(7)).toLocaleString("en-US", { maximumSignificantDigits: 7 });
}

function day(ms) {
  return new Date(ms).toISOString().slice(0, 16).replace("T", " ");
}

function redraw() {
  redraws.forEach((draw) => draw());
}

(() => {
  const root = document.documentElement;
  const system = window.matchMedia("(prefers-color-scheme: dark)");
  const asked = new URLSearchParams(window.location.search).get("theme");
  if (asked === "dark" || asked === "light") root.dataset.theme = asked;
  document.getElementById("theme").addEventListener("click", () => {
    root.dataset.theme = isDark() ? "light" : "dark";
    redraw();
  });
  system.addEventListener("change", redraw);
  window.addEventListener("beforeprint", redraw);
})();
