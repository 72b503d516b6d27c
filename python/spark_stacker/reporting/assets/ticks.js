// The book as a heat map with own orders and fills, and how they were executed.

function showBook() {
  const chooser = document.getElementById("market");
  const caption = document.getElementById("book-caption");
  chooser.hidden = DATA.markets.length < 2;

  function depth(market) {
    if (market.book === null) return [];
    const price = unpack(market.book.price);
    const size = unpack(market.book.size);
    const rows = price.length;
    const columns = market.book.columns;
    const z = Array.from({ length: rows }, (_, row) =>
      Array.from({ length: columns }, (_, column) => {
        const shown = size[column * rows + row];
        return shown > 0 ? Math.log10(shown) : null;
      }));
    const half = rows > 1 ? (price[1] - price[0]) / 2 : 0;
    return [{
      type: "heatmap", x: unpack(market.book.time), y: Array.from(price, (value) => value + half), z,
      colorscale: isDark() ? "Cividis" : "YlGnBu", reversescale: !isDark(),
      zsmooth: false, hoverongaps: false,
      colorbar: isNarrow() ? undefined : {
        title: { text: plain(`${market.base} a row`), side: "right", font: { size: 11 } }, thickness: 10, outlinewidth: 0,
        ...decades(size),
      },
      showscale: !isNarrow(),
      customdata: z.map((line) => line.map((value) => (value === null ? "" : significant(10 ** value)))),
      hovertemplate: `%{y:.8~g}: %{customdata} ${plain(market.base)}<extra></extra>`,
    }];
  }

  function decades(sizes) {
    let low = Infinity;
    let high = -Infinity;
    for (const size of sizes) {
      if (size > 0) {
        low = Math.min(low, size);
        high = Math.max(high, size);
      }
    }
    const tickvals = [];
    for (let decade = Math.ceil(Math.log10(low)); decade <= Math.log10(high); decade += 1) tickvals.push(decade);
    return { tickvals, ticktext: tickvals.map((decade) => String(Number((10 ** decade).toPrecision(2)))) };
  }

  function orders(market) {
    const from = unpack(market.orders.from);
    const to = unpack(market.orders.to);
    const price = unpack(market.orders.price);
    return ["buy", "sell"].map((side) => {
      const x = [];
      const y = [];
      market.orders.side.forEach((own, place) => {
        if (own !== side) return;
        x.push(from[place], to[place], null);
        y.push(price[place], price[place], null);
      });
      return {
        x, y, name: side === "buy" ? "Own bids" : "Own asks", mode: "lines", hoverinfo: "skip",
        line: { color: color(side === "buy" ? "gain" : "loss"), width: 1.4 },
      };
    }).filter((trace) => trace.x.length);
  }

  function fills(market) {
    const time = unpack(market.fills.time);
    const price = unpack(market.fills.price);
    const quantity = unpack(market.fills.quantity);
    return ["buy", "sell"].map((side) => {
      const places = market.fills.side.flatMap((own, place) => (own === side ? [place] : []));
      const tint = color(side === "buy" ? "gain" : "loss");
      return {
        x: places.map((place) => time[place]), y: places.map((place) => price[place]),
        name: side === "buy" ? "Bought" : "Sold", mode: "markers",
        marker: {
          symbol: places.map((place) => `triangle-${side === "buy" ? "up" : "down"}${market.fills.liquidity[place] === "maker" ? "" : "-open"}`),
          size: 10, color: tint, line: { color: market.book === null ? tint : color("panel"), width: 1 },
        },
        text: places.map((place) => plain(`${side} ${significant(quantity[place])} at ${significant(price[place])}, ${market.fills.liquidity[place]}`)),
        hovertemplate: "%{text}<extra></extra>",
      };
    }).filter((trace) => trace.x.length);
  }

  function draw() {
    const market = DATA.markets[Number(chooser.value)];
    const line = {
      x: unpack(market.line.time), y: unpack(market.line.price), name: plain(market.line.name), mode: "lines",
      line: { color: color("ink"), width: 1.2 }, hoverinfo: "skip",
    };
    caption.textContent = market.caption;
    Plotly.react("book", [...depth(market), line, ...orders(market), ...fills(market)], layout({
      hovermode: "closest",
      xaxis: axis({ type: "date", range: DATA.span, hoverformat: "%Y-%m-%d %H:%M:%S.%L", showgrid: false }),
      yaxis: axis({ tickformat: ".8~g", automargin: true, showgrid: false }),
    }), { ...CONFIG, doubleClick: "reset" });
  }

  chooser.addEventListener("change", draw);
  document.getElementById("whole").addEventListener("click", () => {
    Plotly.relayout("book", { "xaxis.range": DATA.span.slice(), "yaxis.autorange": true });
  });
  redraws.push(draw);
  draw();
  fit("book");
}

function showMarkouts() {
  const series = ["all", "maker", "taker"].filter((name) => DATA.markouts[name].count > 0);
  const tints = { all: "series-1", maker: "series-4", taker: "series-2" };
  const labels = { all: "All fills", maker: "Makers", taker: "Takers" };
  function draw() {
    const traces = series.map((name) => {
      const values = DATA.markouts[name];
      return {
        type: "bar", name: labels[name], x: ["at the fill", "1 s", "5 s", "30 s"], y: values.mean,
        marker: { color: color(tints[name]) },
        error_y: { type: "data", array: values.error, color: color("soft"), thickness: 1 },
        hovertemplate: "%{y:.2f} bps<extra>%{fullData.name}</extra>",
      };
    });
    Plotly.react("markouts", traces, layout({
      hovermode: "closest", barmode: "group", xaxis: axis({}),
      yaxis: axis({ ticksuffix: " bps", automargin: true, zeroline: true, zerolinecolor: color("hold") }),
    }), CONFIG);
  }
  redraws.push(draw);
  draw();
  fit("markouts");
}

function showHistogram(id, title, parts, suffix) {
  const box = document.getElementById(id);
  const shown = parts.map((part) => ({ ...part, values: unpack(part.values) })).filter((part) => part.values.length);
  if (!shown.length) {
    box.hidden = true;
    return;
  }
  function draw() {
    Plotly.react(id, shown.map((part, place) => ({
      type: "histogram", name: part.name, x: part.values, nbinsx: 40, opacity: shown.length > 1 ? 0.65 : 1,
      marker: { color: color(`series-${place + 1}`) },
      hovertemplate: "%{x}: %{y}<extra></extra>",
    })), layout({
      hovermode: "closest", barmode: "overlay", bargap: 0.04, showlegend: shown.length > 1,
      title: { text: title, font: { size: 12 }, x: 0, xanchor: "left", y: 0.98 },
      margin: { l: 10, r: 10, t: shown.length > 1 ? 46 : 28, b: 34 },
      xaxis: axis({ ticksuffix: suffix, nticks: 6 }), yaxis: axis({ automargin: true, nticks: 5 }),
    }), CONFIG);
  }
  redraws.push(draw);
  draw();
  fit(id);
}

showBook();
showMarkouts();
for (const chart of DATA.histograms) showHistogram(chart.id, chart.title, chart.parts, chart.suffix);
