// Equity beside buy-and-hold, and the drawdown beneath, on one time axis.

function showCurve(id, curve) {
  const time = unpack(curve.time);
  const equity = unpack(curve.equity);
  const drawdown = unpack(curve.drawdown);
  const hold = curve.hold === null ? null : unpack(curve.hold);

  function draw() {
    const traces = [];
    if (hold !== null) {
      traces.push({
        x: time, y: hold, name: plain(curve.hold_name), mode: "lines",
        line: { color: color("hold"), width: 1.2 }, hovertemplate: "%{y:,.2f}",
      });
    }
    traces.push({
      x: time, y: equity, name: "Strategy", mode: "lines",
      line: { color: color("accent"), width: 1.8 }, hovertemplate: "%{y:,.2f}",
    });
    traces.push({
      x: time, y: drawdown, name: "Drawdown", mode: "lines", yaxis: "y2", fill: "tozeroy", showlegend: false,
      line: { color: color("loss"), width: 1 }, fillcolor: `${color("loss")}33`, hovertemplate: "%{y:.2f} %",
    });
    const title = (text) => (isNarrow() ? undefined : { text, font: { size: 11 }, standoff: 6 });
    Plotly.react(id, traces, layout({
      xaxis: axis({ type: "date", anchor: "y2", hoverformat: "%Y-%m-%d %H:%M" }),
      yaxis: axis({ domain: [0.33, 1], title: title(plain(DATA.quote)), tickformat: "~s", automargin: true, fixedrange: true }),
      yaxis2: axis({ domain: [0, 0.27], title: title("Drawdown"), ticksuffix: " %", automargin: true, fixedrange: true, nticks: 4 }),
      shapes: [{
        type: "line", xref: "paper", x0: 0, x1: 1, y0: DATA.initial, y1: DATA.initial,
        line: { color: color("hold"), width: 1, dash: "dot" },
      }],
    }), { ...CONFIG, doubleClick: "reset" });
  }

  redraws.push(draw);
  draw();
  fit(id);
}

if (DATA.curve !== undefined) showCurve("curves", DATA.curve);
