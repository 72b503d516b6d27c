"use strict";
// Calibrated slippage: cost by size with the laws, errors of every model, costs over time and by hour.

(() => {
  const sizes = Array.from(unpack(DATA.sizes));
  const chooser = document.getElementById("size");
  const tones = ["accent", "series-2", "series-3", "series-4", "series-5", "series-6", "hold"];
  const dashes = ["solid", "dash", "dot", "dashdot", "longdash", "longdashdot", "5px,2px"];
  const log = (title, extra) => axis({ type: "log", automargin: true, title: { text: title, font: { size: 12 } }, exponentformat: "power", dtick: 1, ...extra });
  const linear = (title, extra) => axis({ automargin: true, title: isNarrow() ? undefined : { text: title, font: { size: 12 } }, ...extra });
  const page = (extra) => layout({ margin: { l: 10, r: 10, t: 30, b: 10 }, hovermode: "closest", ...extra });

  function drawCost() {
    const points = (name, values, symbol) => ({
      type: "scatter", mode: "markers", name, x: sizes, y: Array.from(unpack(values)),
      marker: { color: color(symbol === "circle" ? "ink" : "loss"), size: 9, symbol: DATA.fitted.map((fitted) => (fitted ? symbol : `${symbol}-open`)) },
      hovertemplate: `${name} %{x:,}: %{y:.4f} bps<extra></extra>`,
    });
    const lines = DATA.laws.map((law, place) => ({
      type: "scatter", mode: "lines", name: law.taken ? `${law.name} (taken)` : law.name, x: Array.from(unpack(law.size)), y: Array.from(unpack(law.cost)),
      line: { color: color(law.taken ? "accent" : tones[place + 1]), width: law.taken ? 3 : 1.5, dash: dashes[place] }, hovertemplate: `${law.name} %{x:,.3s}: %{y:.4f} bps<extra></extra>`,
    }));
    Plotly.react("cost", [...lines, points("training", DATA.training, "circle"), points("held out", DATA.held_out, "x")], page({
      xaxis: log("Size, quote currency"), yaxis: log("Cost, bps"),
    }), CONFIG);
  }

  function drawErrors(id, key, yaxis) {
    const traces = DATA.models.map((model, place) => ({
      type: "scatter", mode: "lines+markers", name: plain(model.name), x: sizes, y: Array.from(unpack(model[key])),
      line: { color: color(tones[place % tones.length]), width: place === 0 ? 3 : 1.5, dash: dashes[place % dashes.length] }, hovertemplate: `${plain(model.name)}, %{x:,}: %{y:.4f} bps<extra></extra>`,
    }));
    Plotly.react(id, traces, page({ xaxis: log("Size, quote currency"), yaxis }), CONFIG);
  }

  function drawTimes() {
    const { time, trains, book, model } = DATA.time;
    const place = Number(chooser.value);
    const x = Array.from(unpack(time));
    const costs = Array.from(unpack(book[place]));
    const part = (name, wanted, tone, symbol) => ({
      type: "scatter", mode: "markers", name, x, y: costs.map((cost, row) => (trains[row] === wanted ? cost : null)),
      marker: { color: color(tone), size: 7, symbol }, hovertemplate: `${name}: %{y:.4f} bps<extra></extra>`,
    });
    const said = { type: "scatter", mode: "lines", name: "calibrated", x, y: Array.from(unpack(model[place])), line: { color: color("accent"), width: 2, shape: "hvh" }, hovertemplate: "calibrated: %{y:.4f} bps<extra></extra>" };
    Plotly.react("times", [part("book, training blocks", true, "ink", "circle"), part("book, held-out blocks", false, "loss", "x"), said], page({
      hovermode: "x unified",
      xaxis: axis({ type: "date", automargin: true }), yaxis: linear("Mean cost, bps", { rangemode: "tozero" }),
    }), CONFIG);
  }

  function drawHours() {
    const box = document.getElementById("hours");
    box.hidden = DATA.hours.hour.length === 0;
    if (box.hidden) return;
    const place = Number(chooser.value);
    const bars = (name, values, tone) => ({ type: "bar", name, x: DATA.hours.hour, y: Array.from(unpack(values)), marker: { color: color(tone) }, hovertemplate: `${name}: %{y:.4f} bps<extra></extra>` });
    Plotly.react("hours", [bars("half spread", DATA.hours.half_spread, "hold"), bars(`cost of ${sizes[place].toLocaleString("en-US")}`, DATA.hours.cost[place], "accent")], page({
      barmode: "group", xaxis: axis({ title: { text: "Hour of the day, UTC", font: { size: 12 } }, dtick: 1, range: [-0.5, 23.5], automargin: true, showgrid: false }), yaxis: linear("bps"),
    }), CONFIG);
  }

  function drawChosen() {
    drawTimes();
    drawHours();
  }

  const draws = [
    drawCost,
    () => drawErrors("absolute", "mae", log("Mean absolute error, bps")),
    () => drawErrors("bias", "bias", linear("Bias, bps", { zeroline: true, zerolinecolor: color("hold") })),
    drawChosen,
  ];
  chooser.addEventListener("change", drawChosen);
  redraws.push(...draws);
  draws.forEach((draw) => draw());
  ["cost", "absolute", "bias", "times"].forEach(fit);
  if (DATA.hours.hour.length > 0) fit("hours");
})();
