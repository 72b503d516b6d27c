// A walk-forward: its windows as bands, each one's metric in sample and out of sample, the tests in one curve.

(() => {
  const { walk } = DATA;
  if (walk === undefined || walk === null) return;
  const [trainStart, trainEnd, testStart, testEnd] = [walk.train_start, walk.train_end, walk.test_start, walk.test_end].map(unpack);
  const count = trainStart.length;
  const numbers = Array.from({ length: count }, (_, row) => row + 1);
  const chooser = document.getElementById("window-metric");

  function drawWindows() {
    const band = (name, from, to, tone) => ({
      type: "bar", orientation: "h", name, y: numbers, base: Array.from(from), x: Array.from(to, (end, row) => end - from[row]), width: 0.62,
      marker: { color: color(tone) }, text: numbers.map((_, row) => `${day(from[row]).slice(0, 10)} – ${day(to[row]).slice(0, 10)}`), textposition: "none",
      customdata: walk.chosen.map((set) => plain(set).replaceAll(", ", "<br>")), hovertemplate: `${name} %{text}<br>%{customdata}<extra></extra>`,
    });
    Plotly.react("windows", [band("Training", trainStart, trainEnd, "hold"), band("Test", testStart, testEnd, "accent")], layout({
      barmode: "overlay", hovermode: "closest",
      margin: { l: 10, r: 10, t: 26, b: 10 },
      xaxis: axis({ type: "date", automargin: true, fixedrange: true, nticks: isNarrow() ? 4 : 10 }),
      yaxis: axis({ autorange: "reversed", automargin: true, fixedrange: true, showgrid: false, dtick: Math.max(1, Math.ceil(count / 16)), tickformat: "d", title: isNarrow() ? undefined : { text: "Window", font: { size: 12 } } }),
    }), CONFIG);
  }

  function drawSides() {
    const metric = walk.metrics[Number(chooser.value)];
    const bars = (name, values, tone) => ({ type: "bar", name, x: numbers, y: unpack(values), marker: { color: color(tone) }, hovertemplate: "%{y:.4~g}" });
    Plotly.react("sides", [bars("In sample", metric.trained, "hold"), bars("Out of sample", metric.tested, "accent")], layout({
      barmode: "group", bargap: 0.3,
      margin: { l: 10, r: 10, t: 26, b: 10 },
      xaxis: axis({ title: { text: "Window", font: { size: 12 } }, automargin: true, fixedrange: true, dtick: Math.max(1, Math.ceil(count / 16)), tickformat: "d", showgrid: false }),
      yaxis: axis({ title: isNarrow() ? undefined : { text: plain(metric.label), font: { size: 12 } }, automargin: true, fixedrange: true, zeroline: true, zerolinecolor: color("hold") }),
    }), CONFIG);
  }

  chooser.addEventListener("change", drawSides);
  redraws.push(drawWindows, drawSides);
  drawWindows();
  drawSides();
  fit("windows");
  fit("sides");
  showCurve("stitched", walk.curve);
})();
