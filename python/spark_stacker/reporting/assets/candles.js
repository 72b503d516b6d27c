// Candles with indicator lines and trades. Only what is in view is drawn, joined to as many candles as fit; zooming in shows single bars.

const Price = (() => {
  const chart = document.getElementById("price");
  const caption = document.getElementById("price-caption");
  const MARKED = 1000;
  const markets = DATA.markets.map((market) => ({
    ...market,
    time: unpack(market.time),
    open: unpack(market.open),
    high: unpack(market.high),
    low: unpack(market.low),
    close: unpack(market.close),
    lines: market.lines.map((line) => ({ ...line, values: unpack(line.values) })),
  }));
  const trades = {
    ...DATA.trades,
    ...Object.fromEntries(
      ["entry_time", "exit_time", "quantity", "entry_price", "exit_price", "profit", "fees", "funding", "initial_stop"]
        .map((name) => [name, unpack(DATA.trades[name])]),
    ),
  };
  const open = { ...DATA.open, entry_time: unpack(DATA.open.entry_time), entry_price: unpack(DATA.open.entry_price) };
  const state = { market: 0, range: null, trade: null, hidden: new Set() };
  const legend = document.getElementById("price-legend");

  function lowerBound(times, time) {
    let [from, to] = [0, times.length];
    while (from < to) {
      const middle = (from + to) >> 1;
      if (times[middle] < time) from = middle + 1;
      else to = middle;
    }
    return from;
  }

  // One candle for every `size` rows, aligned to the whole so that panning does not reshuffle them.
  function join(market, from, to, size) {
    const joined = { time: [], open: [], high: [], low: [], close: [], last: [] };
    for (let start = from - (from % size); start < to; start += size) {
      const stop = Math.min(start + size, market.time.length);
      let [high, low] = [-Infinity, Infinity];
      for (let row = start; row < stop; row += 1) {
        high = Math.max(high, market.high[row]);
        low = Math.min(low, market.low[row]);
      }
      joined.time.push(market.time[start]);
      joined.open.push(market.open[start]);
      joined.high.push(high);
      joined.low.push(low);
      joined.close.push(market.close[stop - 1]);
      joined.last.push(stop - 1);
    }
    return joined;
  }

  function tradesIn(market, from, to) {
    let rows = [];
    for (let row = 0; row < trades.count; row += 1) {
      if (trades.market_index[row] === market && trades.exit_time[row] >= from && trades.entry_time[row] <= to) rows.push(row);
    }
    const all = rows.length;
    if (all > MARKED) {
      rows = rows.sort((a, b) => Math.abs(trades.profit[b]) - Math.abs(trades.profit[a])).slice(0, MARKED);
    }
    return { rows, all };
  }

  function candleTraces(market, joined) {
    return [{
      type: "candlestick", name: plain(market.symbol), x: joined.time, open: joined.open, high: joined.high, low: joined.low,
      close: joined.close, increasing: { line: { color: color("gain"), width: 1 } },
      decreasing: { line: { color: color("loss"), width: 1 } }, showlegend: false,
    }];
  }

  function lineTraces(market, joined, panels) {
    return market.lines.map((line, index) => ({
      x: joined.time, y: joined.last.map((row) => line.values[row] ?? NaN), name: plain(label(market, line)), meta: label(market, line), mode: "lines",
      line: { color: color(`series-${(index % 6) + 1}`), width: 1.3 }, hovertemplate: "%{y:.6~g}",
      yaxis: line.panel === "" ? "y" : `y${panels.indexOf(line.panel) + 2}`,
    }));
  }

  // Marks crowd where trades lie close together: then they are small, and paths and stops wait for a nearer look.
  function tradeTraces(rows, crowded) {
    const path = (name, chosen, tone) => ({
      name, mode: "lines", hoverinfo: "skip", showlegend: false,
      line: { color: color(tone), width: 1.6, dash: "dot" },
      x: chosen.flatMap((row) => [trades.entry_time[row], trades.exit_time[row], null]),
      y: chosen.flatMap((row) => [trades.entry_price[row], trades.exit_price[row], null]),
    });
    const marks = (name, chosen, x, y, marker, text) => ({
      name, mode: "markers", x: chosen.map((row) => x[row]), y: chosen.map((row) => y[row]), customdata: chosen,
      marker: { size: crowded ? 5 : 11, line: { color: color("panel"), width: crowded ? 0 : 1 }, ...marker },
      text: chosen.map(text), hovertemplate: "%{text}<extra></extra>",
    });
    const entry = (row) => `${trades.side[row]} ${significant(trades.quantity[row])} at ${significant(trades.entry_price[row])}`;
    const exit = (row) => `${plain(trades.exit_purpose[row]).replace(/_/g, " ")} at ${significant(trades.exit_price[row])}: ` +
      `${amount(trades.profit[row])} ${plain(DATA.quote)}`;
    const longs = rows.filter((row) => trades.side[row] === "long");
    const shorts = rows.filter((row) => trades.side[row] !== "long");
    const wins = rows.filter((row) => trades.profit[row] > 0);
    const losses = rows.filter((row) => !(trades.profit[row] > 0));
    const stopped = rows.filter((row) => !Number.isNaN(trades.initial_stop[row]));
    const exits = marks("Exit", rows, trades.exit_time, trades.exit_price, {
      symbol: crowded ? "circle" : "circle-open", size: crowded ? 5 : 15,
      line: { width: crowded ? 0 : 2.5 }, color: rows.map((row) => color(trades.profit[row] > 0 ? "gain" : "loss")),
    }, exit);
    if (crowded) return [exits];
    return [
      path("won", wins, "gain"),
      path("lost", losses, "loss"),
      {
        name: "Stop at entry", mode: "lines", hoverinfo: "skip", line: { color: color("mark"), width: 1.3, dash: "dash" },
        x: stopped.flatMap((row) => [trades.entry_time[row], trades.exit_time[row], null]),
        y: stopped.flatMap((row) => [trades.initial_stop[row], trades.initial_stop[row], null]),
      },
      marks("Long entry", longs, trades.entry_time, trades.entry_price, { symbol: "triangle-up", color: color("accent") }, entry),
      marks("Short entry", shorts, trades.entry_time, trades.entry_price, { symbol: "triangle-down", color: color("entry") }, entry),
      exits,
    ].filter((trace) => trace.x.length > 0);
  }

  // Positions that stood at the end: their entry, and a line to the last close.
  function openTraces(market, index) {
    const rows = open.market_index.map((_, row) => row).filter((row) => open.market_index[row] === index);
    const last = market.time.length - 1;
    return rows.map((row) => ({
      name: `Open ${open.side[row]}`, mode: "lines+markers", x: [open.entry_time[row], market.time[last]],
      y: [open.entry_price[row], market.close[last]], line: { color: color("mark"), width: 1.6, dash: "dot" },
      marker: { symbol: ["diamond", "line-ns"], size: [10, 0], color: color("mark") },
      hovertemplate: `still open: ${open.side[row]} from ${significant(open.entry_price[row])}<extra></extra>`,
    }));
  }

  // "rsi: rsi" is shown as "rsi" where no other indicator has a line of that name.
  function label(market, line) {
    const short = (name) => name.slice(name.indexOf(": ") + 1).trim();
    const same = market.lines.filter((other) => short(other.name) === short(line.name));
    return same.length > 1 ? line.name : short(line.name);
  }

  // The legend stands above the chart as plain buttons, which wrap on a phone; one hides or shows what it names.
  function drawLegend(traces) {
    const names = [...new Set(traces.filter((trace) => trace.showlegend !== false).map((trace) => trace.name))];
    legend.replaceChildren(...names.map((name) => {
      const trace = traces.find((candidate) => candidate.name === name);
      const button = document.createElement("button");
      button.type = "button";
      button.ariaPressed = String(!state.hidden.has(name));
      const swatch = document.createElement("span");
      const tone = trace.marker?.color ?? trace.line?.color;
      swatch.style.background = Array.isArray(tone) ? color("soft") : tone;
      swatch.className = trace.mode === "markers" ? "dot" : "stroke";
      const text = document.createElement("span");
      text.textContent = trace.meta ?? name;
      button.append(swatch, text);
      button.addEventListener("click", () => {
        if (!state.hidden.delete(name)) state.hidden.add(name);
        draw();
      });
      return button;
    }));
  }

  // From the lowest to the highest candle and line, with room around; the chosen trade's stop is always inside.
  function priceRange(joined, lines) {
    const stop = state.trade === null ? NaN : trades.initial_stop[state.trade];
    const seen = lines.flatMap((trace) => trace.y).concat(stop).filter((value) => !Number.isNaN(value));
    const low = [...joined.low, ...seen].reduce((a, b) => Math.min(a, b), Infinity);
    const high = [...joined.high, ...seen].reduce((a, b) => Math.max(a, b), -Infinity);
    const room = (high - low) * 0.06 || high * 0.01;
    return joined.low.length > 0 ? [low - room, high + room] : undefined;
  }

  // The price above, one panel beneath for each indicator that is not on the scale of prices.
  function axes(panels, range) {
    const height = panels.length ? Math.min(0.2, 0.48 / panels.length) : 0;
    const found = { yaxis: axis({ domain: [panels.length * (height + 0.03), 1], range, automargin: true, fixedrange: true }) };
    panels.forEach((panel, index) => {
      const base = (panels.length - 1 - index) * (height + 0.03);
      const title = isNarrow() ? undefined : { text: plain(panel), font: { size: 11 }, standoff: 4 };
      found[`yaxis${index + 2}`] = axis({ domain: [base, base + height], title, automargin: true, fixedrange: true, nticks: 4 });
    });
    return found;
  }

  function draw() {
    const market = markets[state.market];
    if (market === undefined || market.time.length === 0) return;
    const step = market.time.length > 1 ? market.time[1] - market.time[0] : 3_600_000;
    const whole = [market.time[0] - step, market.time[market.time.length - 1] + step];
    const range = state.range ?? whole;
    const [from, to] = [lowerBound(market.time, range[0]), lowerBound(market.time, range[1])];
    const fitting = Math.max(60, Math.floor(chart.clientWidth / 4));
    const size = Math.max(1, Math.ceil((to - from) / fitting));
    const joined = join(market, from, to, size);
    const { rows, all } = tradesIn(state.market, range[0], range[1]);
    const crowded = rows.length > chart.clientWidth / 14;
    const panels = [...new Set(market.lines.map((line) => line.panel).filter((panel) => panel !== ""))].slice(0, 3);
    chart.style.height = `${(isNarrow() ? 430 : 560) + 70 * panels.length}px`;
    const shown = { ...market, lines: market.lines.filter((line) => line.panel === "" || panels.includes(line.panel)) };
    const lines = lineTraces(shown, joined, panels);
    const everything = [...candleTraces(market, joined), ...lines, ...tradeTraces(rows, crowded), ...openTraces(market, state.market)];
    drawLegend(everything);
    const traces = everything.filter((trace) => !state.hidden.has(trace.name));
    const highlight = state.trade === null ? [] : [{
      type: "rect", xref: "x", yref: "paper", y0: 0, y1: 1, x0: trades.entry_time[state.trade], x1: trades.exit_time[state.trade],
      fillcolor: color("accent"), opacity: 0.12, line: { width: 0 }, layer: "below",
    }];
    Plotly.react(chart, traces, layout({
      xaxis: axis({ type: "date", range, rangeslider: { visible: false }, anchor: panels.length ? `y${panels.length + 1}` : "y", hoverformat: "%Y-%m-%d %H:%M" }),
      ...axes(panels, priceRange(joined, lines.filter((trace) => trace.yaxis === "y" && !state.hidden.has(trace.name)))),
      shapes: highlight,
      hovermode: "closest",
      showlegend: false,
    }), CONFIG);
    const bars = size * market.group;
    const notes = [bars > 1 ? `Each candle joins ${bars} bars of ${market.interval}; zoom in for finer ones.` : `Each candle is a bar of ${market.interval}.`];
    if (all > rows.length) notes.push(`Of ${all.toLocaleString("en-US")} trades in view the ${rows.length.toLocaleString("en-US")} largest are marked.`);
    if (crowded) notes.push("Zoom in for entries and stops.");
    if (state.trade !== null) notes.push(`Trade ${state.trade + 1} is highlighted.`);
    caption.textContent = notes.join(" ");
  }

  function onZoom(change) {
    const range = change["xaxis.range"] ?? (change["xaxis.range[0]"] === undefined ? null : [change["xaxis.range[0]"], change["xaxis.range[1]"]]);
    if (range === null && !change["xaxis.autorange"]) return;
    state.range = range === null ? null : range.map((edge) => (typeof edge === "number" ? edge : Date.parse(`${String(edge).replace(" ", "T")}Z`)));
    window.setTimeout(draw, 0);
  }

  function select(row) {
    state.trade = row;
    state.market = trades.market_index[row];
    document.getElementById("market").value = String(state.market);
    const market = markets[state.market];
    const step = market.time.length > 1 ? market.time[1] - market.time[0] : 3_600_000;
    const held = trades.exit_time[row] - trades.entry_time[row];
    const margin = Math.max(held * 0.6, 30 * step);
    state.range = [
      Math.max(trades.entry_time[row] - margin, market.time[0] - step),
      Math.min(trades.exit_time[row] + margin, market.time[market.time.length - 1] + step),
    ];
    draw();
  }

  function start() {
    const chooser = document.getElementById("market");
    chooser.hidden = markets.length < 2;
    chooser.addEventListener("change", () => {
      Object.assign(state, { market: Number(chooser.value), range: null, trade: null });
      draw();
    });
    document.getElementById("whole").addEventListener("click", () => {
      Object.assign(state, { range: null, trade: null });
      draw();
    });
    if (markets.length === 0 || markets[0].time.length === 0) {
      document.getElementById("price-section").hidden = true;
      return;
    }
    draw();
    fit("price");
    chart.on("plotly_relayout", onZoom);
    chart.on("plotly_click", (event) => {
      const row = event.points[0]?.customdata;
      if (typeof row === "number") TradeTable.select(row, false);
    });
    redraws.push(draw);
  }

  return { start, select, trades };
})();
