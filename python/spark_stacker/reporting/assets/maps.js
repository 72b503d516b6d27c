// The objective over two settings as a heat map, and the effect of each setting alone.

(() => {
  const { settings, maps, goal } = DATA;
  const chart = "map";
  const chooseX = document.getElementById("map-x");
  const chooseY = document.getElementById("map-y");
  const chooseOf = document.getElementById("map-of");
  const caption = document.getElementById("map-caption");
  const mapped = maps.length === 0 ? 0 : Math.max(...maps.map((map) => map.y)) + 1;
  const state = { x: 0, y: 1 };

  // Rows of values of y, whichever way round the pair is kept.
  function cells(x, y, of) {
    const map = maps.find((known) => known.x === Math.min(x, y) && known.y === Math.max(x, y));
    const values = unpack(map[of]);
    const columns = settings[map.x].labels.length;
    return settings[y].labels.map((_, row) => settings[x].labels.map((_, column) => {
      const value = x === map.x ? values[row * columns + column] : values[column * columns + row];
      return Number.isNaN(value) ? null : value;
    }));
  }

  function ticks(labels, most) {
    const step = Math.max(1, Math.ceil(labels.length / most));
    const places = labels.map((_, place) => place).filter((place) => place % step === 0);
    return { tickmode: "array", tickvals: places, ticktext: places.map((place) => plain(labels[place])) };
  }

  function draw() {
    const [x, y] = [settings[state.x], settings[state.y]];
    const of = chooseOf.value;
    const wide = !isNarrow();
    const widest = Math.max(...x.labels.map((label) => label.length));
    const most = Math.max(3, Math.floor((document.getElementById(chart).clientWidth - 140) / (8 * widest + 14)));
    const hover = y.labels.map((down) => x.labels.map((across) => `${plain(x.path)} ${plain(across)}<br>${plain(y.path)} ${plain(down)}`));
    const traces = [{
      type: "heatmap", z: cells(state.x, state.y, of), text: hover, hoverongaps: false, name: "",
      colorscale: "Viridis", reversescale: !goal.higher, xgap: x.labels.length > 30 ? 0 : 1, ygap: y.labels.length > 30 ? 0 : 1,
      hovertemplate: `%{text}<br>${plain(goal.label)} %{z:.4~g}<extra></extra>`,
      colorbar: {
        title: { text: wide ? plain(goal.label) : "", side: "right", font: { size: 11 } }, thickness: wide ? 14 : 9,
        outlinewidth: 0, tickfont: { size: 11, color: color("soft") },
      },
    }, {
      type: "scatter", mode: "markers", x: [x.chosen], y: [y.chosen], showlegend: false,
      marker: { symbol: "circle-open", size: 17, color: "#ffffff", line: { width: 5 } }, hoverinfo: "skip",
    }, {
      type: "scatter", mode: "markers", x: [x.chosen], y: [y.chosen], showlegend: false,
      marker: { symbol: "circle-open", size: 17, color: "#c2303e", line: { width: 2.5 } },
      hovertemplate: "Best set<extra></extra>",
    }];
    Plotly.react(chart, traces, layout({
      hovermode: "closest",
      margin: { l: 10, r: 10, t: 8, b: 10 },
      xaxis: axis({ ...ticks(x.labels, most), title: { text: plain(x.path), font: { size: 12 }, standoff: 8 }, automargin: true, showgrid: false, fixedrange: true, tickangle: 0 }),
      yaxis: axis({ ...ticks(y.labels, 22), title: { text: plain(y.path), font: { size: 12 }, standoff: 8 }, automargin: true, showgrid: false, fixedrange: true }),
    }), CONFIG);
    const others = settings.length === 2 ? "" : of === "best" ? ", the best over all other settings, which luck favours" : ", the mean over all other settings";
    caption.textContent = `${goal.label}${others}. The ring is the best set.`;
  }

  function fill(chooser) {
    chooser.replaceChildren(...settings.slice(0, mapped).map((setting, place) => new Option(setting.path, String(place))));
    chooser.hidden = mapped < 3;
  }

  function choose(name, other, chooser) {
    const place = Number(chooser.value);
    if (place === state[other]) state[other] = state[name];
    state[name] = place;
    chooseX.value = String(state.x);
    chooseY.value = String(state.y);
    draw();
  }

  if (mapped === 0) {
    document.getElementById("map-section").hidden = true;
    return;
  }
  fill(chooseX);
  fill(chooseY);
  chooseY.value = "1";
  chooseOf.hidden = settings.length < 3;
  chooseX.addEventListener("change", () => choose("x", "y", chooseX));
  chooseY.addEventListener("change", () => choose("y", "x", chooseY));
  chooseOf.addEventListener("change", draw);
  redraws.push(draw);
  draw();
  fit(chart);
})();

(() => {
  const { settings, goal } = DATA;
  const box = document.getElementById("effects");
  document.getElementById("effects-caption").textContent =
    `${goal.label} of the sets with each value: the best of them and their mean. The share is how much of the differences between all sets a setting explains alone.`;
  settings.forEach((setting, place) => {
    const id = `effect-${place}`;
    const part = document.createElement("div");
    const head = document.createElement("h3");
    const share = document.createElement("small");
    share.textContent = ` explains ${Math.round(100 * setting.share)} %`;
    head.append(setting.path, share);
    const chart = document.createElement("div");
    chart.id = id;
    chart.className = "chart";
    part.append(head, chart);
    box.append(part);
    const at = setting.labels.map((_, number) => number);
    const widest = Math.max(...setting.labels.map((label) => label.length));
    const mean = unpack(setting.mean);
    const best = unpack(setting.best);
    const names = setting.labels.map(plain);
    function draw() {
      const step = Math.max(1, Math.ceil(at.length / Math.max(2, Math.floor((chart.clientWidth - 60) / (7 * widest + 14)))));
      const shown = at.filter((number) => number % step === 0);
      const line = (name, values, tone, width) => ({
        x: at, y: Array.from(values, (value) => (Number.isNaN(value) ? null : value)), name, text: names, mode: "lines+markers",
        line: { color: color(tone), width }, marker: { size: 5 }, hovertemplate: `%{text}: %{y:.4~g}<extra>${name}</extra>`, showlegend: place === 0,
      });
      Plotly.react(id, [line("mean", mean, "hold", 1.5), line("best", best, "accent", 1.8)], layout({
        hovermode: "closest",
        margin: { l: 10, r: 8, t: place === 0 ? 20 : 8, b: 10 },
        legend: { orientation: "h", x: 1, xanchor: "right", y: 1, yanchor: "bottom", font: { size: 11 } },
        xaxis: axis({ tickmode: "array", tickvals: shown, ticktext: shown.map((number) => names[number]), automargin: true, fixedrange: true, tickangle: 0 }),
        yaxis: axis({ automargin: true, fixedrange: true, nticks: 5 }),
        shapes: [{ type: "line", yref: "paper", x0: setting.chosen, x1: setting.chosen, y0: 0, y1: 1, line: { color: color("loss"), width: 1, dash: "dot" } }],
      }), CONFIG);
    }
    redraws.push(draw);
    draw();
    fit(id);
  });
})();
