// Settings and metrics as parallel axes: a line a set.

(() => {
  const { axes, goal } = DATA.parallel;
  const id = "parallel";
  const score = Array.from(unpack(goal));
  if (score.length === 0) {
    document.getElementById("parallel-section").hidden = true;
    return;
  }
  const kept = new Map();  // what the reader dragged out, by axis
  const columns = axes.map((known) => Array.from(unpack(known.values)));

  // Labels stand beside each other: each gets two lines at most, cut where they would meet.
  function shortened(label, room) {
    if (label.length <= room) return plain(label);
    const split = Math.max(label.lastIndexOf(".", room), label.lastIndexOf("_", room), label.lastIndexOf(" ", room));
    const cut = split > 2 ? split + 1 : room;
    const rest = label.slice(cut).trim();
    return `${plain(label.slice(0, cut))}<br>${plain(rest.length > room ? `${rest.slice(0, room - 1)}…` : rest)}`;
  }

  function draw() {
    const box = document.getElementById(id);
    box.style.minWidth = `${Math.max(0, 92 * axes.length)}px`;
    const room = Math.max(8, Math.floor(box.clientWidth / axes.length / 7) - 1);
    const dimensions = axes.map((known, place) => ({
      label: shortened(known.label, room),
      values: columns[place],
      ...(known.ticks === undefined ? { tickformat: ".4~g" } : {
        range: [0, Math.max(1, known.count - 1)],
        tickvals: known.ticks.map((_, number) => number * known.step),
        ticktext: known.ticks.map(plain),
      }),
      ...(kept.has(place) ? { constraintrange: kept.get(place) } : {}),
    }));
    Plotly.react(id, [{
      type: "parcoords", dimensions, labelside: "top", labelfont: { size: 11, color: color("soft") },
      tickfont: { size: 10, color: color("ink"), shadow: "auto" }, rangefont: { size: 1, color: "rgba(0,0,0,0)" },
      unselected: { line: { opacity: 0.06 } },
      line: {
        color: score, colorscale: "Viridis", reversescale: !DATA.goal.higher, showscale: true,
        colorbar: { thickness: 10, outlinewidth: 0, tickfont: { size: 11, color: color("soft") }, title: { text: plain(DATA.goal.label), side: "right", font: { size: 11 } } },
      },
    }], layout({ margin: { l: 56, r: 16, t: 54, b: 18 } }), CONFIG);
  }

  redraws.push(draw);
  draw();
  fit(id);
  document.getElementById(id).on("plotly_restyle", (change) => {
    for (const [key, value] of Object.entries(change[0])) {
      const found = /^dimensions\[(\d+)\]\.constraintrange$/.exec(key);
      if (found === null) continue;
      if (value === null) kept.delete(Number(found[1]));
      else kept.set(Number(found[1]), value[0]);
    }
  });
})();
