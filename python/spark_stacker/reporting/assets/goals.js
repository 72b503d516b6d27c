// Several goals: the sets that no other beats. A genetic search: its generations.

(() => {
  const { pareto } = DATA;
  if (pareto === null) return;
  const id = "pareto";
  document.getElementById("pareto-section").hidden = false;
  const chooseX = document.getElementById("goal-x");
  const chooseY = document.getElementById("goal-y");
  const goals = pareto.goals.map((goal) => ({ ...goal, front: unpack(goal.front), others: unpack(goal.others) }));
  for (const chooser of [chooseX, chooseY]) {
    chooser.replaceChildren(...goals.map((goal, place) => new Option(goal.label, String(place))));
    chooser.hidden = goals.length < 3;
  }
  chooseY.value = "1";

  function draw() {
    const [x, y] = [goals[Number(chooseX.value)], goals[Number(chooseY.value)]];
    const sets = pareto.sets.map((text) => plain(text).replaceAll(", ", "<br>"));
    const traces = [{
      type: "scatter", mode: "markers", name: "Other sets", x: x.others, y: y.others,
      marker: { color: color("hold"), size: 5, opacity: 0.45 }, hoverinfo: "skip",
    }, {
      type: "scatter", mode: goals.length === 2 ? "lines+markers" : "markers", name: "Beaten by none", x: x.front, y: y.front, text: sets,
      line: { color: color("accent"), width: 1.2, dash: "dot" }, marker: { color: color("accent"), size: 8 },
      hovertemplate: `%{text}<br>${plain(x.label)} %{x:.4~g}<br>${plain(y.label)} %{y:.4~g}<extra></extra>`,
    }];
    if (pareto.chosen !== null) {
      traces.push({
        type: "scatter", mode: "markers", name: "Best set: nearest to the best in each", x: [x.front[pareto.chosen]], y: [y.front[pareto.chosen]],
        marker: { symbol: "circle-open", size: 16, color: color("loss"), line: { width: 2.5 } }, hoverinfo: "skip",
      });
    }
    const named = (goal) => ({ text: `${plain(goal.label)} – ${goal.higher ? "higher" : "lower"} is better`, font: { size: 12 }, standoff: 8 });
    Plotly.react(id, traces, layout({
      hovermode: "closest",
      margin: { l: 10, r: 10, t: 30, b: 10 },
      xaxis: axis({ title: named(x), automargin: true }),
      yaxis: axis({ title: named(y), automargin: true }),
    }), CONFIG);
  }

  for (const chooser of [chooseX, chooseY]) chooser.addEventListener("change", draw);
  redraws.push(draw);
  draw();
  fit(id);
})();

(() => {
  const { history } = DATA;
  if (history === null) return;
  const id = "history";
  document.getElementById("history-section").hidden = false;
  const at = Array.from({ length: history.count }, (_, row) => row + 1);
  const columns = { best_so_far: unpack(history.best_so_far), best: unpack(history.best), mean: unpack(history.mean) };

  function draw() {
    const line = (name, values, tone, extra) => ({
      x: at, y: values, name, customdata: history.tried, mode: "lines+markers", line: { color: color(tone), width: 1.8, ...extra }, marker: { size: 5 },
      hovertemplate: "%{y:.4~g}",
    });
    Plotly.react(id, [
      line("Best so far", columns.best_so_far, "accent", { shape: "hv" }),
      line("Best of the generation", columns.best, "mark", { dash: "dot" }),
      line("Mean", columns.mean, "hold", {}),
    ], layout({
      margin: { l: 10, r: 10, t: 30, b: 10 },
      xaxis: axis({ title: { text: "Generation", font: { size: 12 } }, automargin: true, tickformat: "d", dtick: Math.max(1, Math.ceil(history.count / (isNarrow() ? 8 : 20))) }),
      yaxis: axis({ title: { text: plain(DATA.goal.label), font: { size: 12 } }, automargin: true }),
    }), CONFIG);
  }

  redraws.push(draw);
  draw();
  fit(id);
})();
